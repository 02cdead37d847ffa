import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../support/find-program.ts';
import { runProgram } from '../../support/run-program.ts';

const CACHE = fileURLToPath(new URL('../../../.cache/interop/', import.meta.url));

/** rattler itself, the mirror's own writer, and conda's tools for archives and channels. The folder's name says what is in it. */
const PYTHON_PACKAGES = [
  'py-rattler==0.28.0',
  'conda-oci-mirror==0.3.0',
  'conda-package-handling==2.6.0',
  'conda-package-streaming==0.13.0',
  'conda-index==0.13.0',
];
const PYTHON_FOLDER = 'python-rattler-0.28.0-mirror-0.3.0-cph-2.6.0-cps-0.13.0-index-0.13.0';

const GO_PROGRAMS = {
  oras: { module: 'oras.land/oras/cmd/oras', version: 'v1.3.6' },
  crane: { module: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.22.1' },
} as const;

/** A Python with the pinned conda clients, installed once; undefined, and said, where that can't be done. */
export async function pythonClientsOrSay(suite: string): Promise<string | undefined> {
  const folder = join(CACHE, PYTHON_FOLDER);
  const python = join(folder, 'bin', 'python');
  if (existsSync(join(folder, 'bin', 'cph'))) return python;
  const system = findProgram('python3');
  if (system === undefined) return say(suite, 'python3 is not installed');
  await mkdir(CACHE, { recursive: true });
  for (const [program, args] of [
    [system, ['-m', 'venv', '--clear', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PYTHON_PACKAGES]],
  ] as const) {
    const done = await runProgram(program, args);
    if (done.code === 0) continue;
    await rm(folder, { recursive: true, force: true });
    return say(suite, `${PYTHON_PACKAGES.join(', ')} could not be installed: ${done.stderr.trim().slice(-300)}`);
  }
  return python;
}

/** A pinned Go program, from PATH's compiler or the usual folder; undefined, and said, where it can't be built. */
export async function goProgramOrSay(name: keyof typeof GO_PROGRAMS, suite: string): Promise<string | undefined> {
  const { module, version } = GO_PROGRAMS[name];
  const folder = join(CACHE, `${name}-${version}`);
  const program = join(folder, name);
  if (existsSync(program)) return program;
  const compiler = findProgram('go', ['/usr/local/go/bin']);
  if (compiler === undefined) return say(suite, `there is no Go compiler to build ${name} with`);
  await mkdir(folder, { recursive: true });
  const env = {
    ...process.env,
    GOBIN: folder,
    GOPATH: join(CACHE, 'go'),
    GOCACHE: join(CACHE, 'go-build'),
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
  };
  const built = await runProgram(compiler, ['install', `${module}@${version}`], { env });
  return built.code === 0 ? program : say(suite, `${name} could not be built: ${built.stderr.trim().slice(-300)}`);
}

function say(suite: string, reason: string): string | undefined {
  console.log(`Skipped: ${suite}. Here ${reason}.`);
  return undefined;
}
