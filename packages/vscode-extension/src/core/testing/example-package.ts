import type { EnvironmentPackage } from '@condock/protocol';

/** A package of an environment for tests: version 1.0, available, 1,000 bytes. */
export function examplePackage(name: string, change: Partial<EnvironmentPackage> = {}): EnvironmentPackage {
  return {
    name,
    version: '1.0',
    build: '0',
    subdir: 'noarch',
    kind: 'conda',
    fileName: `${name}-1.0-0.conda`,
    channel: 'https://example.org/c',
    url: `https://example.org/c/noarch/${name}-1.0-0.conda`,
    sha256: null,
    md5: null,
    size: 1000,
    license: 'MIT',
    reference: `oci://127.0.0.1:5000/c/noarch/${name}:1.0-0`,
    layout: 'v0',
    state: 'available',
    digest: null,
    source: '127.0.0.1:5000',
    ...change,
  };
}
