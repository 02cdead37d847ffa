import { has, run } from './run.mjs';

/** What the suites with real parts need: a program to look for, and the Debian package that holds it. */
const PACKAGES = [
  ['docker-registry', 'docker-registry'],
  ['skopeo', 'skopeo'],
  ['nginx', 'nginx-light'],
  ['htpasswd', 'apache2-utils'],
  ['gnome-keyring-daemon', 'gnome-keyring'],
  ['dbus-run-session', 'dbus'],
  ['secret-tool', 'libsecret-tools'],
  ['docker-credential-secretservice', 'golang-docker-credential-helpers'],
  ['chromium', 'chromium'],
  ['bzip2', 'bzip2'],
  ['zstd', 'zstd'],
  ['openssl', 'openssl'],
  ['curl', 'curl'],
  ['python3', 'python3'],
];

/** Installs missing system packages where apt and root are at hand; elsewhere the tests that miss them say so and skip. */
export async function ensureSystemPackages() {
  const missing = [];
  for (const [program, name] of PACKAGES) if (!(await has(program))) missing.push(name);
  if (missing.length === 0) return;
  if (!(await has('apt-get')) || process.getuid?.() !== 0) {
    console.log(`Not installed here, and this script can't (it needs apt-get and root): ${missing.join(', ')}.`);
    return;
  }
  const apt = ['-o', 'DPkg::Lock::Timeout=500', '-qq'];
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`Installing ${missing.join(', ')} …`);
  await run('apt-get', [...apt, 'update'], { env, allowFailure: true });
  const code = await run(
    'apt-get',
    [...apt, 'install', '-y', '--no-install-recommends', ...missing, 'fonts-dejavu-core', 'python3-venv'],
    {
      env,
      allowFailure: true,
    },
  );
  if (code !== 0) console.log('Some system packages could not be installed; the tests that need them skip and say so.');
}
