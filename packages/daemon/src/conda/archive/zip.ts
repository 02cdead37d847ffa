import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { asPackageError, invalidPackage, tooLarge } from './refusals.ts';

/** Opens a zip for the time of one piece of work. Throws `invalid-package` for what yauzl refuses. */
export async function withZip<T>(path: string, work: (zip: ZipFile) => Promise<T>): Promise<T> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { autoClose: false });
    // Without a listener an error outside of a call would end the process.
    zip.on('error', () => undefined);
    return await work(zip);
  } catch (error) {
    throw asPackageError(path, error);
  } finally {
    zip?.close();
  }
}

/** The files of a zip (not its folders). yauzl refuses absolute names and those with "..". */
export async function zipEntries(zip: ZipFile, where: string, limit: number): Promise<Entry[]> {
  if (zip.entryCount > limit)
    throw tooLarge(where, `has ${zip.entryCount} members in its zip; at most ${limit} are taken`);
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.endsWith('/')) entries.push(entry);
  }
  return entries;
}

export interface ReadZipMemberOptions {
  where: string;
  /** Bytes at most, as they stand in the zip and unpacked. */
  limit: number;
  signal: AbortSignal | undefined;
}

/** A small member of a zip as a whole, its checksum compared. */
export async function readZipMember(zip: ZipFile, entry: Entry, options: ReadZipMemberOptions): Promise<Uint8Array> {
  const { where, limit, signal } = options;
  if (entry.uncompressedSize > limit || entry.compressedSize > limit) {
    throw tooLarge(
      where,
      `has ${Math.max(entry.uncompressedSize, entry.compressedSize)} bytes; at most ${limit} are read`,
    );
  }
  const parts: Uint8Array[] = [];
  for await (const part of await zip.openReadStreamPromise(entry)) {
    signal?.throwIfAborted();
    parts.push(part as Uint8Array);
  }
  const bytes = Buffer.concat(parts);
  // yauzl leaves the comparison to its callers.
  if (crc32(bytes) !== entry.crc32) throw invalidPackage(where, 'its checksum (CRC-32) does not match');
  return bytes;
}
