import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { CondockError } from '@condock/protocol';
import { Gzip } from 'fflate';
import { pack } from 'tar-stream';
import { quote } from './naming-rules.ts';

// Part of the bytes: another piece size gives other (equally valid) deflate blocks, and so another digest.
const PIECE = 256 * 1024;
const LEVEL = 9;

/**
 * The info layer: a gzip-compressed tar of the info directory's files, members at the root (no `info/`, as the mirror
 * writes it). The bytes depend on names and contents alone: members sorted by their UTF-8 bytes, mtime 0, uid and gid 0,
 * mode 0644, a fixed gzip header, and a pinned deflate in JavaScript, because what zlib makes of the same input differs
 * between Node versions and processors. Stored (level 0) blocks would need no pin, but info is read over the network
 * and shrinks to about a fifth. Throws `invalid-package` for names that would leave the directory.
 */
export async function buildInfoTar(files: Iterable<readonly [string, Uint8Array]>): Promise<Uint8Array> {
  const members = [...files]
    .map(([name, bytes]) => ({ name: checkMemberName(name), key: Buffer.from(name), bytes }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const archive = pack();
  for (const { name, bytes } of members) {
    archive.entry(
      { name, size: bytes.length, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, type: 'file' },
      Buffer.from(bytes),
    );
  }
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return gzip(Buffer.concat(parts));
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const stream = new Gzip({ level: LEVEL, mtime: 0 }, (part) => {
    parts.push(part);
  });
  for (let at = 0; at < bytes.length; at += PIECE) {
    stream.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
    await yieldToLoop();
  }
  return Buffer.concat(parts);
}

function checkMemberName(name: string): string {
  const bad = name === '' || /[\0\\]/.test(name) || name.split('/').some((part) => ['', '.', '..'].includes(part));
  if (!bad) return name;
  throw new CondockError('invalid-package', `The package's info directory has a file with the name ${quote(name)}.`, {
    hint: 'Build the package again: names in info/ are relative paths.',
  });
}
