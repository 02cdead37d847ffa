import { type BuiltPackage, buildPackages, type PackageSpec } from '../../support/packages/index.ts';

const SPECS: readonly PackageSpec[] = [
  {
    name: 'app',
    version: '1!2.0+local',
    subdir: 'linux-64',
    build: 'h1_0',
    depends: ['lib >=1.2', 'data', '_mutex'],
    files: {
      'bin/app': {
        content: '#!/opt/placeholder/bin/python\n',
        executable: true,
        prefixPlaceholder: '/opt/placeholder',
      },
      'share/app/doc.txt': 'what app does\n',
    },
    runExports: { weak: ['app >=1!2.0'] },
  },
  { name: 'lib', version: '1.2', subdir: 'linux-64', format: 'tar.bz2', depends: [] },
  { name: 'lib', version: '1.1', build: 'old_0', subdir: 'linux-64' },
  { name: '_mutex', version: '0.1', build: 'main', subdir: 'linux-64' },
  { name: 'data', version: '3', noarch: 'generic', files: { 'share/data/big.bin': Buffer.alloc(400_000, 'seven') } },
  // Layout v1 hashes the reference of a name of 64 characters.
  { name: `long-${'x'.repeat(59)}`, version: '1', noarch: 'generic', depends: [] },
];

/** A small environment: both formats and subdirs, a name with `_`, a version with epoch and `+`, a name that v1 hashes. */
export const buildEnvironment = (folder: string): Promise<BuiltPackage[]> => buildPackages(SPECS, folder);

export const LONG_NAME = SPECS.at(-1)?.name ?? '';

/** What an install of `app` and the long one brings. */
export const INSTALLED = ['_mutex', 'app', 'data', 'lib', LONG_NAME];
