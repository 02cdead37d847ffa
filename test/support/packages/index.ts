export { buildPackage, buildPackages } from './build-package.ts';
export { buildPixiLock, type PixiLockOptions } from './build-pixi-lock.ts';
export { buildPrefix, type PrefixOptions } from './build-prefix.ts';
export { buildRepodata } from './build-repodata.ts';
export type { BuiltPackage, PackageFile, PackageSpec, PathEntry } from './spec.ts';
