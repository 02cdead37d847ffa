import { CondockError } from '@condock/protocol';
import type { Scalar } from './model.ts';

const OLDEST = 4;
const NEWEST = 7;

/** Throws `unsupported-format` for locks before version 4 and after 7, `invalid-environment` for none at all. */
export function checkLockVersion(version: Scalar, path: string): number {
  const data = { file: path, version: version ?? null };
  if (typeof version !== 'string' || !/^[0-9]{1,9}$/.test(version)) {
    throw new CondockError('invalid-environment', `${path} is no pixi.lock: it has no version number.`, {
      hint: 'Run "pixi lock" to write it again.',
      data,
    });
  }
  const number = Number(version);
  if (number > NEWEST) {
    throw new CondockError(
      'unsupported-format',
      `${path} has version ${version}, which is newer than this Condock knows (${NEWEST}).`,
      { hint: 'Update Condock.', data },
    );
  }
  if (number < OLDEST) {
    throw new CondockError(
      'unsupported-format',
      `${path} has version ${version}, which pixi has not written since early 2024; versions ${OLDEST} to ${NEWEST} can be read.`,
      { hint: 'Run "pixi lock" with a current pixi to write it again.', data },
    );
  }
  return number;
}
