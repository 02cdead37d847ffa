import { readFileSync, statSync } from 'node:fs';
import { CondockError } from '@condock/protocol';

/** Bytes; configuration is written by hand. */
const MAX_BYTES = 1024 * 1024;

/** A configuration file's text; undefined where there is no such file. Throws `config-invalid` where it can't be read. */
export function readConfigText(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (!stat.isFile()) throw unusable(path, 'it is no file');
    if (stat.size > MAX_BYTES) throw unusable(path, `it has ${stat.size} bytes, more than any configuration`);
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof CondockError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(path, code, error);
  }
}

function unusable(path: string, why: string, cause?: unknown): CondockError {
  return new CondockError('config-invalid', `The configuration file ${path} can't be read: ${why}.`, {
    hint: 'Correct its permissions, or move it away.',
    data: { file: path },
    cause,
  });
}
