import { type Header, pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import { bzip2 } from '../../../../../test/support/packages/bzip2/bzip2.ts';

export type TarMember = Partial<Header> & { name: string; content?: string | Uint8Array };

/** A tar of these members, in this order, hostile ones included. */
export async function tarOf(members: readonly TarMember[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { content, ...header } of members) archive.entry(header, Buffer.from(content ?? ''));
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archive) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

export interface ZstdOptions {
  /** Window descriptor (RFC 8878 §3.1.1.1.2); default 64 MiB, as conda's own tools write. */
  window?: number;
  /** What the header claims; default nothing. */
  contentSize?: number;
  blockBytes?: number;
}

/** A zstd frame of raw blocks. */
export function rawZstd(content: Uint8Array, options: ZstdOptions = {}): Uint8Array {
  const size = options.blockBytes ?? 128 * 1024;
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < content.length || at === 0; at += size) {
    const piece = content.subarray(at, at + size);
    blocks.push(blockHeader(piece.length, 0, at + size >= content.length), piece);
  }
  return Buffer.concat([frameHeader(options), ...blocks]);
}

/** A zstd frame of `blocks` runs of NULs, four bytes for 128 KiB each. */
export function bombZstd(blocks: number, options: ZstdOptions = {}): Uint8Array {
  const size = options.blockBytes ?? 128 * 1024;
  const runs = Array.from({ length: blocks }, (_, at) => [blockHeader(size, 1, at === blocks - 1), Buffer.alloc(1)]);
  return Buffer.concat([frameHeader(options), ...runs.flat()]);
}

function frameHeader({ window = (26 - 10) << 3, contentSize }: ZstdOptions): Uint8Array {
  const magic = [0x28, 0xb5, 0x2f, 0xfd];
  if (contentSize === undefined) return Buffer.from([...magic, 0, window]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(contentSize));
  return Buffer.from([...magic, 3 << 6, window, ...size]);
}

function blockHeader(size: number, type: 0 | 1, last: boolean): Uint8Array {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | Number(last), 0, 3);
  return header;
}

export type ZipMember = readonly [name: string, content: Uint8Array, options?: { compress?: boolean; zip64?: boolean }];

/** A zip of these members. */
export async function zipOf(members: readonly ZipMember[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content, { compress = false, zip64 = false } = {}] of members) {
    zip.addBuffer(Buffer.from(content), name, { compress, forceZip64Format: zip64 });
  }
  zip.end();
  const parts: Uint8Array[] = [];
  for await (const part of zip.outputStream) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

export const METADATA = Buffer.from('{"conda_pkg_format_version": 2}');
export const INDEX = JSON.stringify({ name: 'foo', version: '1.0', build: '0', depends: [] });
/** No zstd stream at all: whoever decodes the payload fails. */
export const PAYLOAD = Buffer.from('never decoded');

/** A `.conda` around an info tar that is compressed already. */
export function condaOf(info: Uint8Array): Promise<Buffer> {
  return zipOf([
    ['metadata.json', METADATA],
    ['pkg-foo-1.0-0.tar.zst', PAYLOAD],
    ['info-foo-1.0-0.tar.zst', info],
  ]);
}

/** A `.tar.bz2` of these members. */
export async function tarBz2Of(members: readonly TarMember[]): Promise<Uint8Array> {
  return bzip2(await tarOf(members));
}
