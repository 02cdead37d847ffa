import { CondockError } from '@condock/protocol';

/** One member of a package's info directory. */
export interface InfoFile {
  /** Relative, normalised, with `/`, without `info/`. */
  path: string;
  /** A hard link within info/ is a `file` with its target's bytes; `other` is a device or something unknown. */
  type: 'file' | 'symlink' | 'hardlink' | 'directory' | 'other';
  /** Permission bits. */
  mode: number;
  /** As it stands in the archive, for `symlink` and `hardlink`. */
  linkname?: string;
  /** Empty for everything but a `file`. */
  bytes: Uint8Array;
}

/** The info directory of a package, in the order of the archive, each path once. */
export type InfoFiles = readonly InfoFile[];

export interface InfoContents {
  /** Path without `info/`, and content: what an info layer is built of. */
  files: [string, Uint8Array][];
  /** Paths of links that lead nowhere within info/, and of devices: there is nothing to put into a layer. */
  omitted: string[];
}

/** Every file of the info directory with its content, links within it followed. Throws `too-large` above `limit` bytes. */
export function infoContents(infoFiles: InfoFiles, limit = 256 * 1024 * 1024): InfoContents {
  const byPath = new Map(infoFiles.map((file) => [file.path, file]));
  const contents: InfoContents = { files: [], omitted: [] };
  let size = 0;
  for (const file of infoFiles) {
    if (file.type === 'directory') continue;
    const target = follow(file, byPath);
    if (target === undefined) {
      contents.omitted.push(file.path);
      continue;
    }
    // A small archive may hold many links to one large file.
    size += target.bytes.length;
    if (size > limit) {
      throw new CondockError(
        'too-large',
        `The info directory would take more than ${limit} bytes with its links followed.`,
        {
          hint: 'Real info directories stay far below that; the package may be hostile.',
        },
      );
    }
    contents.files.push([file.path, target.bytes]);
  }
  return contents;
}

/** The content of one file of the info directory, links within it followed; undefined where there is none. */
export function infoContent(infoFiles: InfoFiles, path: string): Uint8Array | undefined {
  const byPath = new Map(infoFiles.map((file) => [file.path, file]));
  const file = byPath.get(path);
  return file === undefined ? undefined : follow(file, byPath)?.bytes;
}

function follow(file: InfoFile, byPath: ReadonlyMap<string, InfoFile>): InfoFile | undefined {
  let at: InfoFile | undefined = file;
  // Links may go in circles.
  for (let steps = 0; at?.type === 'symlink' && steps < 8; steps += 1) at = byPath.get(linkTarget(at) ?? '');
  return at?.type === 'file' ? at : undefined;
}

function linkTarget(link: InfoFile): string | undefined {
  if (link.linkname === undefined || link.linkname.startsWith('/')) return undefined;
  const segments = ['info', ...link.path.split('/').slice(0, -1)];
  for (const part of link.linkname.split('/')) {
    if (part === '..') segments.pop();
    else if (part !== '.' && part !== '') segments.push(part);
  }
  return segments[0] === 'info' ? segments.slice(1).join('/') : undefined;
}
