import type { Header } from 'tar-stream';
import type { InfoFile } from '../info-files.ts';
import type { ArchiveLimits } from './limits.ts';
import { memberPath, readTar, type TarMember } from './read-tar.ts';
import { invalidPackage, tooLarge } from './refusals.ts';

export interface CollectInfoOptions {
  /** Names the archive in errors. */
  where: string;
  limits: ArchiveLimits;
  /** Members of the tar at most. */
  members: number;
  /** `info`: what is not below `info/` is payload. `either`: the tar is the info directory, with or without the prefix. */
  root: 'info' | 'either';
}

/**
 * The info directory out of a tar that passes by. A path that comes twice must hold the same both times: clients differ
 * in which one they take. Throws `invalid-package`, `too-large`.
 */
export async function collectInfo(chunks: AsyncIterable<Uint8Array>, options: CollectInfoOptions): Promise<InfoFile[]> {
  const { where, limits } = options;
  const files = new Map<string, InfoFile>();
  let size = 0;
  for await (const member of readTar(chunks, { where, members: options.members })) {
    const path = infoPath(member.path, options.root);
    if (path === undefined || path === '') continue;
    const file = await readMember(path, member, files, options, limits.infoBytes - size);
    // Hard links count again: each becomes a file of its own.
    size += file.bytes.length;
    keep(files, file, where);
    if (files.size > limits.infoMembers) {
      throw tooLarge(where, `has more than ${limits.infoMembers} files in its info directory`);
    }
  }
  return [...files.values()];
}

function infoPath(path: string, root: CollectInfoOptions['root']): string | undefined {
  if (path === 'info') return '';
  if (path.startsWith('info/')) return path.slice('info/'.length);
  return root === 'info' ? undefined : path;
}

async function readMember(
  path: string,
  member: TarMember,
  files: ReadonlyMap<string, InfoFile>,
  options: CollectInfoOptions,
  room: number,
): Promise<InfoFile> {
  const { header } = member;
  const type = typeOf(header);
  const file: InfoFile = { path, type, mode: header.mode, bytes: new Uint8Array() };
  if (typeof header.linkname === 'string' && (type === 'symlink' || type === 'hardlink'))
    file.linkname = header.linkname;
  if (type === 'hardlink') {
    const target = infoPath(memberPath(file.linkname ?? '', options.where), options.root);
    const linked = target === undefined ? undefined : files.get(target);
    if (linked?.type !== 'file') return file;
    if (linked.bytes.length > room) throw infoTooLarge(options);
    return { path, type: 'file', mode: linked.mode, bytes: linked.bytes };
  }
  if (type === 'file') {
    if (header.size > room) throw infoTooLarge(options);
    const parts: Uint8Array[] = [];
    for await (const part of member.content) parts.push(part);
    file.bytes = Buffer.concat(parts);
  }
  return file;
}

function typeOf(header: Header): InfoFile['type'] {
  if (header.type === 'file' || header.type === 'contiguous-file') return 'file';
  if (header.type === 'link') return 'hardlink';
  if (header.type === 'symlink' || header.type === 'directory') return header.type;
  return 'other';
}

function keep(files: Map<string, InfoFile>, file: InfoFile, where: string): void {
  const before = files.get(file.path);
  if (before === undefined) {
    files.set(file.path, file);
    return;
  }
  if (before.type === 'directory' && file.type === 'directory') return;
  const same =
    before.type === file.type && before.linkname === file.linkname && Buffer.compare(before.bytes, file.bytes) === 0;
  if (!same) throw invalidPackage(where, `it has two different members "info/${file.path}"`);
}

function infoTooLarge({ where, limits }: CollectInfoOptions): Error {
  return tooLarge(where, `has more than ${limits.infoBytes} bytes in its info directory`);
}
