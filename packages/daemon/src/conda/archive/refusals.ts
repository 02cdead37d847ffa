import { CondockError } from '@condock/protocol';

/** A package that cannot be read. `where` names it; `why` goes on after the colon. */
export function invalidPackage(where: string, why: string, cause?: unknown): CondockError {
  return new CondockError('invalid-package', `${where} is no readable conda package: ${why}.`, {
    hint: 'Fetch it again, or build it again.',
    cause,
  });
}

/** A package that would cost more to read than any real one. */
export function tooLarge(where: string, what: string): CondockError {
  return new CondockError('too-large', `${where} ${what}.`, {
    hint: 'Real packages stay far below that; this one may be hostile or damaged.',
  });
}

/** Passes our own errors and cancellations on; what a library threw becomes `invalid-package`. */
export function asPackageError(where: string, error: unknown): unknown {
  if (error instanceof CondockError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  const message = error instanceof Error ? error.message : String(error);
  return invalidPackage(where, message.replace(/\.$/, ''), error);
}

/** What the file system said about an archive that was to be opened. */
export function openFailure(path: string, error: unknown): CondockError {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const data = { path };
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new CondockError('not-found', `${path} does not exist.`, { hint: 'Check the path.', data, cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new CondockError('denied', `${path} may not be read.`, {
      hint: 'Check its permissions.',
      data,
      cause: error,
    });
  }
  return invalidPackage(path, error instanceof Error ? error.message : String(error), error);
}
