import type { BuiltPackage } from './spec.ts';

/** The repodata.json of one subdir: what conda-index would write for these packages. Those of other subdirs are left out. */
export function buildRepodata(packages: readonly BuiltPackage[], subdir: string): Record<string, unknown> {
  const records = (extension: string): Record<string, unknown> =>
    Object.fromEntries(
      packages
        .filter((built) => built.subdir === subdir && built.fileName.endsWith(extension))
        .sort((a, b) => (a.fileName < b.fileName ? -1 : 1))
        .map(({ fileName, index, md5, sha256, size }) => [fileName, { ...index, md5, sha256, size }]),
    );
  return {
    info: { subdir },
    packages: records('.tar.bz2'),
    'packages.conda': records('.conda'),
    removed: [],
    repodata_version: 1,
  };
}
