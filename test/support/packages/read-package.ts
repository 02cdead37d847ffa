import { readFile } from 'node:fs/promises';
import { decompress } from 'fzstd';
import { extract, type Header } from 'tar-stream';
import unbzip2 from 'unbzip2-stream';
import { type Entry, fromBuffer } from 'yauzl';

/** One member of a package as a plain tar reader sees it. */
export interface ReadMember {
  content: string;
  type: Header['type'];
  mode: number | undefined;
  linkname: string | undefined | null;
}

export interface ReadPackage {
  /** Members of the outer archive, in order, with whether they are stored uncompressed; empty for `.tar.bz2`. */
  outer: { name: string; stored: boolean }[];
  /** By path; both tars of a `.conda` together. */
  members: Map<string, ReadMember>;
}

/** Reads a package with libraries alone, for tests that must not trust the code that wrote it or the code under test. */
export async function readPackage(path: string): Promise<ReadPackage> {
  const bytes = await readFile(path);
  if (path.endsWith('.tar.bz2')) return { outer: [], members: await untar(await through(unbzip2(), bytes)) };
  const zip = await unzip(bytes);
  const members = new Map<string, ReadMember>();
  for (const [name, content] of zip.contents) {
    if (!name.endsWith('.tar.zst')) continue;
    for (const [member, value] of await untar(decompress(content))) members.set(member, value);
  }
  return { outer: zip.outer, members };
}

async function untar(bytes: Uint8Array): Promise<Map<string, ReadMember>> {
  const members = new Map<string, ReadMember>();
  const reader = extract();
  reader.end(Buffer.from(bytes));
  for await (const entry of reader) {
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    const { name, type, mode, linkname } = entry.header;
    members.set(name, { content: Buffer.concat(parts).toString(), type, mode, linkname });
  }
  return members;
}

function through(stream: NodeJS.ReadWriteStream, bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('error', reject);
    stream.on('end', () => {
      resolve(Buffer.concat(parts));
    });
    stream.end(bytes);
  });
}

function unzip(bytes: Buffer): Promise<{ outer: ReadPackage['outer']; contents: Map<string, Buffer> }> {
  return new Promise((resolve, reject) => {
    const outer: ReadPackage['outer'] = [];
    const contents = new Map<string, Buffer>();
    fromBuffer(bytes, { lazyEntries: true }, (failure, zip) => {
      if (failure !== null) {
        reject(failure);
        return;
      }
      zip.on('error', reject);
      zip.on('end', () => {
        resolve({ outer, contents });
      });
      zip.on('entry', (entry: Entry) => {
        outer.push({ name: entry.fileName, stored: entry.compressionMethod === 0 });
        zip.openReadStream(entry, (error, stream) => {
          if (error !== null) {
            reject(error);
            return;
          }
          const parts: Buffer[] = [];
          stream.on('data', (part: Buffer) => parts.push(part));
          stream.on('error', reject);
          stream.on('end', () => {
            contents.set(entry.fileName, Buffer.concat(parts));
            zip.readEntry();
          });
        });
      });
      zip.readEntry();
    });
  });
}
