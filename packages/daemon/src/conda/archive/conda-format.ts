import { CondockError } from '@condock/protocol';
import type { Entry, ZipFile } from 'yauzl';
import type { InfoFiles } from '../info-files.ts';
import { collectInfo } from './collect-info.ts';
import type { ArchiveLimits } from './limits.ts';
import { asPackageError, invalidPackage } from './refusals.ts';
import { guardSize } from './size-guard.ts';
import { readZipMember, withZip, zipEntries } from './zip.ts';
import { decodeZstd } from './zstd-decode.ts';

export interface CondaFormatOptions {
  limits: ArchiveLimits;
  signal: AbortSignal | undefined;
}

interface CondaMembers {
  info: Entry;
  metadata: Entry | undefined;
  warnings: string[];
}

const METADATA_BYTES = 64 * 1024;

/**
 * A `.conda`: a zip that holds `metadata.json`, `info-*.tar.zst` and `pkg-*.tar.zst` (CEP 35). conda insists on stored
 * members at the root; rattler takes deflated ones and any folder. Here both are read where it is plain which member
 * is meant, and said in a warning.
 */
export async function openCondaFormat(
  path: string,
  { limits, signal }: CondaFormatOptions,
): Promise<{ warnings: string[]; infoFiles: () => Promise<InfoFiles> }> {
  const warnings = await withZip(path, async (zip) => {
    const members = await findMembers(zip, path, limits);
    await checkVersion(zip, members.metadata, path, signal);
    return members.warnings;
  });
  const infoFiles = (): Promise<InfoFiles> =>
    withZip(path, async (zip) => {
      const { info } = await findMembers(zip, path, limits);
      const where = `${path}: ${info.fileName}`;
      const bytes = await readZipMember(zip, info, { where, limit: limits.infoBytes, signal });
      signal?.throwIfAborted();
      const tar = guardSize(decodeZstd(bytes, where), {
        where,
        // Headers and padding come on top of the files.
        bytes: limits.infoBytes + limits.infoMembers * 2048,
        compressed: bytes.length,
        limits,
      });
      return collectInfo(tar, { where, limits, members: limits.infoMembers * 2, root: 'info' });
    });
  return { warnings, infoFiles };
}

async function findMembers(zip: ZipFile, path: string, limits: ArchiveLimits): Promise<CondaMembers> {
  const entries = await zipEntries(zip, path, limits.zipMembers);
  const info = one(entries, 'info', path);
  const folder = folderOf(info);
  const payload = one(entries, 'pkg', path);
  if (folderOf(payload) !== folder) {
    throw invalidPackage(path, 'its info and pkg members stand in different folders');
  }
  const stem = (entry: Entry, kind: string): string => entry.fileName.slice(folder.length + kind.length + 1);
  if (stem(info, 'info') !== stem(payload, 'pkg')) {
    throw invalidPackage(path, `it holds ${info.fileName} and ${payload.fileName}, which do not belong together`);
  }
  const metadata = entries.find((entry) => entry.fileName === `${folder}metadata.json`);
  const warnings: string[] = [];
  if (folder !== '') warnings.push(`Its members stand in the folder ${folder}, where conda does not find them.`);
  if (metadata === undefined) warnings.push('It has no metadata.json.');
  if ([info, payload].some((entry) => entry.compressionMethod !== 0)) {
    warnings.push('Its members are compressed twice, which CEP 35 forbids.');
  }
  return { info, metadata, warnings };
}

function one(entries: readonly Entry[], kind: 'info' | 'pkg', path: string): Entry {
  const found = entries.filter((entry) => new RegExp(`^(?:.*/)?${kind}-[^/]*\\.tar\\.zst$`).test(entry.fileName));
  const [first, second] = found;
  if (first === undefined) throw invalidPackage(path, `it holds no ${kind}-*.tar.zst`);
  if (second !== undefined) throw invalidPackage(path, `it holds both ${first.fileName} and ${second.fileName}`);
  return first;
}

function folderOf(entry: Entry): string {
  return entry.fileName.slice(0, entry.fileName.lastIndexOf('/') + 1);
}

async function checkVersion(
  zip: ZipFile,
  metadata: Entry | undefined,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (metadata === undefined) return;
  const where = `${path}: ${metadata.fileName}`;
  const bytes = await readZipMember(zip, metadata, { where, limit: METADATA_BYTES, signal });
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw asPackageError(where, error);
  }
  const version = (document as { conda_pkg_format_version?: unknown } | null)?.conda_pkg_format_version;
  if (version === 2) return;
  throw new CondockError(
    'unsupported-format',
    `${path} is of version ${version === undefined ? 'unknown' : JSON.stringify(version)} of the .conda format; only version 2 is known.`,
    { hint: 'A newer Condock may read it.', data: { path } },
  );
}
