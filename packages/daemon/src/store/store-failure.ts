import { CondockError } from '@condock/protocol';

const ELSEWHERE = 'or choose another place with CONDOCK_HOME';

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: `The disk is full: free space, run "condock cache gc", ${ELSEWHERE}.`,
  EDQUOT: `Your disk quota is used up: free space, run "condock cache gc", ${ELSEWHERE}.`,
  EACCES: `Make the folder yours and writable, ${ELSEWHERE}.`,
  EPERM: `Make the folder yours and writable, ${ELSEWHERE}.`,
  EROFS: `The disk is read-only: mount it writable, ${ELSEWHERE}.`,
  ENOTDIR: `A file stands where the store needs a folder: move it away, ${ELSEWHERE}.`,
  EMFILE: 'Too many files are open: raise the limit ("ulimit -n") or fetch fewer at once.',
  ENFILE: 'Too many files are open on this machine: close some programs.',
  EIO: `The disk reports a fault: check it, ${ELSEWHERE}.`,
};

/** Node's code of a failed system call (`ENOENT`, …), or of the one behind an error of ours; undefined for any other. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof CondockError) return errnoOf(error.cause);
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : undefined;
}

/** True of what `link` fails with on a file system that has no hard links (FAT, some of the network) or no more of them. */
export function hasNoHardLinks(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'].includes(errnoOf(error) ?? '');
}

/** True where there was no room on the disk, or none that is left to this user. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

/** `store-failed` for a system call's error, with the path and what to do. Errors of ours and aborts pass unchanged. */
export function storeFailure(error: unknown, doing: string, path: string): unknown {
  const code = errnoOf(error);
  if (error instanceof CondockError || code === undefined || code === 'ABORT_ERR') return error;
  return new CondockError('store-failed', `Could not ${doing} ${path}: ${code}.`, {
    hint: HINTS[code] ?? 'Try again; if it persists, run "condock cache verify".',
    data: { path, errno: code },
    cause: error,
  });
}

/** Runs synchronous file work; what a system call throws becomes `store-failed`. */
export function guarded<T>(doing: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFailure(error, doing, path);
  }
}

/** Runs asynchronous file work; what a system call rejects with becomes `store-failed`. */
export async function guardedAsync<T>(doing: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(error, doing, path);
  }
}
