import { CondockError } from './errors.ts';

/** What `lstat` says about the runtime directory. */
export interface DirectoryFacts {
  isDirectory: boolean;
  uid: number;
  /** Permission bits. */
  mode: number;
}

/**
 * Why a runtime directory must not be used, or undefined where it may: whoever can write there can pose as the daemon,
 * whoever can read there can pose as its client. `uid` is undefined on Windows, where the profile's access list guards it.
 */
export function judgeRuntimeDirectory(
  path: string,
  facts: DirectoryFacts,
  uid: number | undefined,
): CondockError | undefined {
  if (!facts.isDirectory) {
    return new CondockError('insecure', `${path} is not a directory (or is a link to one).`, {
      hint: 'Move it away, or set CONDOCK_HOME to a directory of your own.',
    });
  }
  if (uid === undefined) return undefined;
  if (facts.uid !== uid) {
    return new CondockError('insecure', `${path} belongs to another user (uid ${facts.uid}).`, {
      hint: 'Set CONDOCK_HOME, or XDG_RUNTIME_DIR, to a directory of your own.',
    });
  }
  if ((facts.mode & 0o077) !== 0) {
    return new CondockError('insecure', `Other users may enter ${path} (mode ${(facts.mode & 0o777).toString(8)}).`, {
      hint: `Run: chmod 700 '${path}'`,
    });
  }
  return undefined;
}
