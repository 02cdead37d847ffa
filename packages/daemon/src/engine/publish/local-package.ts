import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CondockError } from '@condock/protocol';
import { openArchive } from '../../conda/archive/open-archive.ts';
import { parseFileName } from '../../conda/file-name.ts';
import { infoContents, type InfoFiles } from '../../conda/info-files.ts';
import { describeInside } from '../../conda/insides.ts';
import type { PackageFileName } from '../../conda/types.ts';
import { digestFromHex } from '../../oci/digest.ts';
import type { Digest } from '../../oci/types.ts';

/** A local archive that was opened and found fit to be published. */
export interface LocalPackage {
  path: string;
  fileName: PackageFileName;
  subdir: string;
  /** info/index.json as it stands. */
  index: Record<string, unknown>;
  infoFiles: InfoFiles;
  size: number;
  digest: Digest;
  md5: string;
  /** What is unusual and does not keep it from being published, as sentences. */
  warnings: string[];
}

export interface OpenOptions {
  /** Only where index.json does not say one. */
  subdir?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Opens an archive, compares its name with its index.json, and hashes it in one pass. */
export async function openLocalPackage(path: string, options: OpenOptions): Promise<LocalPackage> {
  const fileName = parseFileName(basename(path));
  const archive = await openArchive(path, { signal: options.signal });
  const infoFiles = await archive.infoFiles();
  const { index } = describeInside(infoFiles, path);
  for (const key of ['name', 'version', 'build'] as const) {
    if (index[key] === fileName[key]) continue;
    throw new CondockError(
      'invalid-package',
      `${path}: the file name says ${key} "${fileName[key]}", info/index.json says "${String(index[key])}".`,
      {
        hint: 'Clients find a package by its file name: give the file the name that its index.json asks for.',
        data: { path },
      },
    );
  }
  const hashes = await hashFile(path, options.signal);
  const warnings = [
    ...archive.warnings,
    ...infoContents(infoFiles).omitted.map(
      (name) => `info/${name} leads to no file within info/, so the info layer is without it.`,
    ),
  ];
  return { path, fileName, subdir: subdirOf(path, index, options.subdir), index, infoFiles, warnings, ...hashes };
}

function subdirOf(path: string, index: Record<string, unknown>, given: string | undefined): string {
  const said = index.subdir;
  if (typeof said === 'string' && said !== '') {
    if (given !== undefined && given !== said) {
      throw new CondockError('usage', `${path} says that it is for ${said}, not for ${given}.`, {
        hint: 'Leave --subdir out.',
        data: { path },
      });
    }
    return said;
  }
  if (given !== undefined) return given;
  if (index.noarch !== undefined && index.noarch !== false) return 'noarch';
  throw new CondockError('invalid-package', `${path}: info/index.json does not say a subdir.`, {
    hint: 'Say it with --subdir, for example --subdir linux-64.',
    data: { path },
  });
}

async function hashFile(
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ size: number; digest: Digest; md5: string }> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  const { size } = await stat(path);
  for await (const chunk of createReadStream(path, {
    highWaterMark: 1024 * 1024,
    ...(signal === undefined ? {} : { signal }),
  })) {
    sha256.update(chunk as Buffer);
    md5.update(chunk as Buffer);
  }
  return { size, digest: digestFromHex(sha256.digest('hex')), md5: md5.digest('hex') };
}
