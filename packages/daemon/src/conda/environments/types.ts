import type { CondockError, EnvironmentKind } from '@condock/protocol';

/** One package of an environment, as its input tells it. Shared between environments that list the same record. */
export interface EnvironmentEntry {
  readonly name: string;
  /** Empty where the input does not say: source entries of pixi.lock may leave it out. */
  readonly version: string;
  readonly build: string;
  readonly subdir: string;
  readonly kind: 'conda' | 'pypi' | 'source';
  readonly fileName: string | null;
  /** Without token, userinfo, subdir and final slash. */
  readonly channel: string | null;
  /** Where the input says the archive is; without token, userinfo, query and fragment. A path where it is one. */
  readonly url: string | null;
  /** Of the archive, lower-case hex. */
  readonly sha256: string | null;
  readonly md5: string | null;
  /** Bytes of the archive. */
  readonly size: number | null;
  readonly license: string | null;
  /** Why this entry can't be resolved; it stays visible with its reason. */
  readonly error?: CondockError;
}

/** One environment for one platform. */
export interface ListedEnvironment {
  name: string;
  /** A subdir such as linux-64, or the name that a pixi.lock gives a platform. */
  platform: string | null;
  packages: EnvironmentEntry[];
}

/** What one path holds. */
export interface EnvironmentFile {
  path: string;
  kind: EnvironmentKind;
  environments: ListedEnvironment[];
  /** What could not be read, each naming the file; for people. */
  warnings: string[];
}
