import { randomBytes } from 'node:crypto';
import type { PackageSpec } from '../../test/support/packages/index.ts';

/** A handful of packages with everything that is awkward about names: a leading `_`, an epoch, a `+`, both formats. */
export const specs: readonly PackageSpec[] = [
  {
    name: '_quickstart_mutex',
    version: '0.1',
    build: 'main',
    subdir: 'linux-64',
    format: 'tar.bz2',
    license: 'BSD-3-Clause',
    summary: 'Chooses one of several variants',
  },
  {
    name: 'libdock',
    version: '1!2.4.1+abi7',
    build: 'h1a2b3c4_0',
    subdir: 'linux-64',
    depends: ['_quickstart_mutex 0.1 main'],
    summary: 'A library with an epoch and a local part in its version',
    runExports: { weak: ['libdock >=1!2.4.1,<1!3.0a0'] },
    files: {
      'lib/libdock.so.2.4': randomBytes(6_000_000),
      'lib/libdock.so.2': { link: 'libdock.so.2.4' },
      'include/dock.h': 'int dock(void);\n',
    },
  },
  {
    name: 'dock-tools',
    version: '0.9.2',
    build: 'habc0123_3',
    subdir: 'linux-64',
    depends: ['libdock >=1!2.4.1,<1!3.0a0'],
    summary: 'Tools that are written with libdock',
    files: {
      'bin/dock': { content: '#!/bin/sh\necho docked\n', executable: true },
      'share/dock/table.bin': randomBytes(2_500_000),
    },
  },
  {
    name: 'pydock',
    version: '3.1.0',
    subdir: 'noarch',
    noarch: 'python',
    depends: ['python >=3.9', 'libdock'],
    summary: 'Python bindings',
    files: { 'site-packages/pydock/__init__.py': 'VERSION = "3.1.0"\n' },
  },
  {
    name: 'dock-data',
    version: '2026.11',
    build: '0',
    subdir: 'noarch',
    format: 'tar.bz2',
    license: 'CC-BY-4.0',
    summary: 'Tables',
  },
];
