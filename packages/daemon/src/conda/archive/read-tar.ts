import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { asPackageError, invalidPackage, tooLarge } from './refusals.ts';

/** A member of a tar, in passing. */
export interface TarMember {
  /** Normalised: relative, `/`, no `.` or `..`; empty for the root itself. */
  path: string;
  header: Header;
  /** Only until the next member is asked for; what is not read is skipped. */
  content: AsyncIterable<Uint8Array>;
}

export interface ReadTarOptions {
  /** Names the archive in errors. */
  where: string;
  /** Members at most. */
  members: number;
}

/** Tars of before 1988 have no magic; conda reads them. The library's types leave the option out. */
const EXTRACT_OPTIONS = { highWaterMark: 16 * 1024, allowUnknownFormat: true };

/** The members of a tar, one after the other. Throws `invalid-package` for damage and hostile names, `too-large`. */
export async function* readTar(chunks: AsyncIterable<Uint8Array>, options: ReadTarOptions): AsyncGenerator<TarMember> {
  const { where } = options;
  const extractor = extract(EXTRACT_OPTIONS);
  const source = Readable.from(chunks, { objectMode: false });
  // What goes wrong arrives through the extractor.
  source.on('error', () => undefined);
  const feeding = pipeline(source, extractor).catch(() => undefined);
  let members = 0;
  try {
    for await (const entry of extractor) {
      members += 1;
      if (members > options.members) throw tooLarge(where, `has more than ${options.members} members`);
      yield { path: memberPath(entry.header.name, where), header: entry.header, content: contentOf(entry) };
      if (!entry.destroyed) entry.resume();
    }
  } catch (error) {
    throw asPackageError(where, error);
  } finally {
    extractor.destroy();
    source.destroy();
    await feeding;
    // Whoever makes the chunks may have a program to end.
    if (!source.closed) await new Promise((resolve) => source.once('close', resolve));
  }
}

/** A path of a member or of a hard link's target as it counts from the archive's root. Throws `invalid-package`. */
export function memberPath(name: string, where: string): string {
  const bad = (why: string): Error => invalidPackage(where, `a member is called ${JSON.stringify(name)}, ${why}`);
  if (name.includes('\0')) throw bad('with a NUL');
  if (name.startsWith('/') || /^[A-Za-z]:[/\\]/.test(name)) throw bad('an absolute path');
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.some((segment) => segment.split('\\').includes('..'))) throw bad('which leaves the package');
  return segments.join('/');
}

async function* contentOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const part of entry) yield part as Uint8Array;
}
