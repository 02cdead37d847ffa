import { readFileSync, statSync } from 'node:fs';
import { CondockError } from '@condock/protocol';

/** Bytes. The largest locks known have 3 MB. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Reads a text file that a person or a tool wrote. Throws `not-found`, `too-large`, and `invalid-environment` where it
 * is empty, no regular file, or can't be read; each names the file.
 */
export function readText(path: string, maxBytes = MAX_FILE_BYTES): string {
  try {
    const stat = statSync(path);
    // To open a pipe would wait for somebody who writes to it, and a device may never end.
    if (!stat.isFile()) throw notAFile(path);
    const { size } = stat;
    if (size > maxBytes) {
      throw new CondockError('too-large', `${path} has ${size} bytes; at most ${maxBytes} are read.`, {
        hint: 'Is it the file that you meant?',
        data: { file: path, size },
      });
    }
    const text = readFileSync(path, 'utf8');
    if (text.trim() === '') {
      throw new CondockError('invalid-environment', `${path} is empty.`, {
        hint: 'Let the tool that owns it write it again.',
        data: { file: path },
      });
    }
    return text;
  } catch (error) {
    throw error instanceof CondockError ? error : unreadable(path, error);
  }
}

function notAFile(path: string): CondockError {
  return new CondockError('invalid-environment', `${path} is no regular file.`, {
    hint: 'Name a file; what comes through a pipe has to be saved to one first.',
    data: { file: path },
  });
}

/** What a failed system call on a path means for people. */
export function unreadable(path: string, cause: unknown): CondockError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  const data = { file: path, systemCode: code };
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new CondockError('not-found', `${path} does not exist.`, { hint: 'Check the path.', data, cause });
  }
  const denied = code === 'EACCES' || code === 'EPERM';
  return new CondockError('invalid-environment', `${path} can't be read (${code}).`, {
    hint: denied ? 'Its permissions keep you out: ask its owner.' : 'Check the disk that it is on.',
    data,
    cause,
  });
}
