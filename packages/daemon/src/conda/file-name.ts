import { CondockError } from '@condock/protocol';
import type { ArchiveFormat, PackageFileName, PackageIdentity } from './types.ts';

const FORMATS: readonly ArchiveFormat[] = ['conda', 'tar.bz2'];

/**
 * Takes a package file name apart (CEP 26, "Filenames"): split twice from the right at `-`, as every conda client does.
 * Percent-encoding, which URLs carry, is undone first. Whether the parts obey CEP 26 is for `checkIdentity` to say.
 * Throws `illegal-name`.
 */
export function parseFileName(fileName: string): PackageFileName {
  const decoded = decode(fileName);
  checkCharacters(decoded, fileName);
  const format = FORMATS.find((f) => decoded.endsWith(`.${f}`));
  if (format === undefined) throw refuse(fileName, extensionRule(decoded));
  const stem = decoded.slice(0, -format.length - 1);
  const buildAt = stem.lastIndexOf('-');
  const versionAt = buildAt < 0 ? -1 : stem.lastIndexOf('-', buildAt - 1);
  // lastIndexOf takes a negative position for 0.
  if (buildAt <= 0 || versionAt < 0) {
    throw refuse(fileName, 'it has fewer than two "-", which separate name, version and build');
  }
  const identity = {
    name: stem.slice(0, versionAt),
    version: stem.slice(versionAt + 1, buildAt),
    build: stem.slice(buildAt + 1),
  };
  for (const part of ['name', 'version', 'build'] as const) {
    if (identity[part] === '') throw refuse(fileName, `its ${part} is empty`);
  }
  return { ...identity, fileName: decoded, format };
}

/** The inverse of `parseFileName`. Throws `illegal-name` where the parts could not be told apart again. */
export function formatFileName(identity: PackageIdentity, format: ArchiveFormat): string {
  const fileName = `${identity.name}-${identity.version}-${identity.build}.${format}`;
  for (const part of ['version', 'build'] as const) {
    if (identity[part].includes('-')) throw refuse(fileName, `its ${part} has a "-", which separates the parts`);
  }
  // A percent sign would be taken for encoding by whoever reads the name.
  if (fileName.includes('%')) throw refuse(fileName, 'it has a "%"');
  parseFileName(fileName);
  return fileName;
}

function decode(fileName: string): string {
  if (!fileName.includes('%')) return fileName;
  let decoded: string;
  try {
    decoded = decodeURIComponent(fileName);
  } catch {
    throw refuse(fileName, 'it has a "%" that begins no percent-encoded UTF-8');
  }
  if (decoded.includes('%')) throw refuse(fileName, 'it has a "%" even after percent-decoding');
  return decoded;
}

/** Printable ASCII but for the blank and the path separators: what nearly every name is made of, told in one step. */
const PLAIN = /^[!-.0-[\]-~]*$/;

function checkCharacters(decoded: string, given: string): void {
  if (PLAIN.test(decoded)) return;
  if (decoded.includes('\0')) throw refuse(given, 'it has a NUL character');
  if (/\p{Cc}/u.test(decoded)) throw refuse(given, 'it has a control character');
  const separator = /[/\\]/.exec(decoded)?.[0];
  if (separator !== undefined) throw refuse(given, `it has the path separator ${JSON.stringify(separator)}`);
}

function extensionRule(decoded: string): string {
  const folded = decoded.toLowerCase();
  const meant = FORMATS.find((f) => folded.endsWith(`.${f}`));
  if (meant !== undefined) return `its extension has to be ".${meant}" in lower case`;
  return 'its extension is neither ".conda" nor ".tar.bz2"';
}

function refuse(fileName: string, rule: string): CondockError {
  return new CondockError('illegal-name', `${JSON.stringify(fileName)} is no package file name: ${rule}.`, {
    hint: 'Package files are called <name>-<version>-<build>.conda or .tar.bz2.',
    data: { fileName, rule },
  });
}
