import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectInProcess, type Client } from '@condock/client';
import { composeEngine } from '@condock/daemon';
import {
  buildPackages,
  buildPixiLock,
  buildPrefix,
  type BuiltPackage,
  type PackageSpec,
} from '../../support/packages/index.ts';

/** Something like what people have: a few small packages, three that weigh, one of them named with an underscore. */
const SPECS: readonly PackageSpec[] = [
  { name: '_libgcc_mutex', version: '0.1', build: 'conda_forge', license: 'None' },
  { name: 'ca-certificates', version: '2026.1.4', license: 'ISC' },
  {
    name: 'libzlib',
    version: '1.3.1',
    build: 'hb9d3cd8_2',
    license: 'Zlib',
    depends: ['_libgcc_mutex 0.1 conda_forge'],
  },
  { name: 'openssl', version: '3.4.0', license: 'Apache-2.0', depends: ['ca-certificates', 'libzlib >=1.3.1,<2.0a0'] },
  { name: 'tzdata', version: '2025b', license: 'LicenseRef-Public-Domain' },
  {
    ...{ name: 'python', version: '3.12.8', license: 'Python-2.0', summary: 'General purpose programming language' },
    depends: ['libzlib >=1.3.1,<2.0a0', 'openssl >=3.4.0,<4.0a0', 'tzdata'],
    files: {
      'bin/python3.12': random(6_000_000),
      'lib/python3.12/os.py': '# os\n',
      'lib/python3.12/json/decoder.py': '#\n',
    },
    runExports: { noarch: ['python'], weak: ['python_abi 3.12.* *_cp312'] },
  },
  {
    ...{
      name: 'numpy',
      version: '2.2.1',
      build: 'py312h7e784f5_0',
      license: 'BSD-3-Clause',
      depends: ['python >=3.12,<3.13.0a0'],
    },
    ...{ summary: 'The fundamental package for scientific computing with Python', home: 'https://numpy.org' },
    description: 'NumPy is the fundamental package needed for scientific computing with Python.',
    runExports: { weak: ['numpy >=1.21,<3'] },
    files: numpyFiles(),
  },
  {
    name: 'scipy',
    version: '1.15.0',
    license: 'BSD-3-Clause',
    depends: ['numpy <2.5', 'python >=3.12'],
    files: { 'lib/scipy/core.so': random(9_000_000) },
  },
  { name: 'pip', version: '24.3.1', noarch: 'python', license: 'MIT', depends: ['python >=3.9'] },
  { name: 'setuptools', version: '75.8.0', noarch: 'python', license: 'MIT', depends: ['python >=3.9'] },
  { name: 'wheel', version: '0.45.1', noarch: 'python', license: 'MIT', depends: ['python >=3.8'], format: 'tar.bz2' },
];

function random(bytes: number): Uint8Array {
  return randomBytes(bytes);
}

function numpyFiles(): Record<string, Uint8Array | string> {
  const files: Record<string, Uint8Array | string> = {
    'lib/python3.12/site-packages/numpy/_core.so': random(3_000_000),
  };
  for (const part of ['fft', 'linalg', 'random', 'testing']) {
    for (const name of ['__init__.py', 'api.py', 'tests/test_it.py']) {
      files[`lib/python3.12/site-packages/numpy/${part}/${name}`] = `# ${part} ${name}\n`.repeat(40);
    }
  }
  return files;
}

export interface Workspace {
  path: string;
  packages: BuiltPackage[];
  /** In the lock, but nowhere published: a build of one's own. */
  own: BuiltPackage;
  lock: (packages: readonly BuiltPackage[]) => Promise<void>;
}

/** A pixi workspace whose packages are published to a registry, but for one that lies in `output/` as rattler-build leaves it. */
export async function createWorkspace(path: string, host: string): Promise<Workspace> {
  const builds = join(path, 'output', 'noarch');
  const elsewhere = `${path}-packages`;
  const packages = await buildPackages(SPECS, elsewhere);
  const [own] = await buildPackages(
    [
      {
        name: 'my-tool',
        version: '0.1.0',
        build: 'h1_0',
        license: 'MIT',
        summary: 'A tool of mine',
        depends: ['numpy'],
      },
    ],
    builds,
  );
  const channelUrl = `oci://${host}/team`;
  await publish(
    packages.map((built) => built.path),
    channelUrl,
    `${path}-seed`,
  );
  const lock = async (listed: readonly BuiltPackage[]): Promise<void> => {
    await writeFile(join(path, 'pixi.lock'), buildPixiLock(listed, { channelUrl, platform: 'linux-64', version: 6 }));
  };
  await lock([...packages, own!]);
  await writeFile(
    join(path, 'pixi.toml'),
    `[workspace]\nname = "analysis"\nchannels = ["${channelUrl}"]\nplatforms = ["linux-64"]\n\n[dependencies]\npython = "3.12.*"\nnumpy = "*"\nscipy = "*"\n`,
  );
  // What is installed lags behind the lock.
  await buildPrefix(packages.slice(0, -2), join(path, '.pixi', 'envs', 'default'), { channel: channelUrl });
  return { path, packages, own: own!, lock };
}

/** A workspace of many packages, most of them nowhere. */
export async function createLargeWorkspace(path: string, count: number): Promise<void> {
  await mkdir(path, { recursive: true });
  const urls = Array.from({ length: count }, (_, n) => {
    const name = `package-${String(n).padStart(4, '0')}`;
    return `https://conda.example/many/noarch/${name}-1.${String(n % 9)}-h${String(n % 7)}_0.conda`;
  });
  const lines = [
    'version: 6',
    'environments:',
    '  default:',
    '    channels:',
    '    - url: https://conda.example/many/',
  ];
  lines.push('    packages:', '      linux-64:', ...urls.map((url) => `      - conda: ${url}`), 'packages:');
  for (const [n, url] of urls.entries()) {
    lines.push(
      `- conda: ${url}`,
      `  sha256: ${n.toString(16).padStart(64, '0')}`,
      `  size: ${String(10_000 + n * 137)}`,
    );
  }
  await writeFile(join(path, 'pixi.lock'), `${lines.join('\n')}\n`);
}

/** Publishes with an engine in this process, so that no daemon runs before the editor starts one. */
export async function publish(
  files: readonly string[],
  to: string,
  home: string,
  login?: { host: string; username: string; secret: string },
) {
  const [cache, config, runtime, logs] = ['cache', 'config', 'run', 'logs'].map((name) => join(home, name));
  const places = { cache: cache!, config: config!, runtime: runtime!, logs: logs! };
  const env = { PATH: process.env.PATH, HOME: home, CONDOCK_HOME: home };
  await mkdir(home, { recursive: true });
  const host = await composeEngine({ places, env, version: '0.0.0', log: () => undefined });
  const client: Client = connectInProcess(host, { version: '0.0.0', home });
  try {
    if (login !== undefined) await client.request('session/login', { ...login, keep: 'memory' });
    const results = await client.request('publish/run', { files: [...files], to });
    const failed = results.find(({ error }) => error !== undefined);
    if (failed?.error !== undefined) throw new Error(`${failed.file}: ${failed.error.message}`);
  } finally {
    await client.close();
    await host[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  }
}
