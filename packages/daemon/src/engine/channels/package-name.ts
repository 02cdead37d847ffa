import { CondockError } from '@condock/protocol';
import { parseFileName } from '../../conda/file-name.ts';
import type { PackageFileName } from '../../conda/types.ts';
import { checkSubdir } from '../../layout/channel.ts';

/** A build of a channel, as people name it. */
export interface NamedPackage {
  /** As it was given. */
  text: string;
  subdir: string;
  name: PackageFileName;
}

/** Reads SUBDIR/FILENAME. Throws `usage`, `illegal-name`. */
export function parsePackageName(text: string): NamedPackage {
  const match = /^([^/]+)\/([^/]+)$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new CondockError('usage', `"${text}" is not SUBDIR/FILENAME.`, {
      hint: 'Example: linux-64/zlib-1.2.11-0.conda',
    });
  }
  checkSubdir(match[1]);
  return { text, subdir: match[1], name: parseFileName(match[2]) };
}
