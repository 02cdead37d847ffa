import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { syncDirectory } from '../../system/atomic-file.ts';
import type { ByteRange } from './byte-range.ts';
import { contentPath } from './file-names.ts';
import type { ContentDigest } from './names.ts';

/**
 * The bytes of a registry, by digest only: each file whole and verified, or not there.
 *
 * Not the daemon's own store (store/blob-store.ts): that one wants a digest before the first byte (an upload tells its own
 * at the end), knows sha256 alone, collects what no environment needs, and has no notion of what each repository may see.
 */
export interface ContentFiles {
  /** Bytes, or undefined where it is not here. */
  size(digest: ContentDigest): Promise<number | undefined>;
  open(digest: ContentDigest, range?: ByteRange): Readable;
  /** Small content that was verified by the caller; written whole before it resolves. */
  put(digest: ContentDigest, bytes: Uint8Array): Promise<void>;
  /** Moves a file that was verified and synced here. What was here before is replaced: it may have been damaged. */
  adopt(digest: ContentDigest, path: string): Promise<void>;
  remove(digest: ContentDigest): Promise<void>;
}

/** Also removes what writers that were killed left behind. */
export async function openContentFiles(root: string): Promise<ContentFiles> {
  const temporary = join(root, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  for (const name of await readdir(temporary)) await rm(join(temporary, name), { force: true });

  const adopt = async (digest: ContentDigest, path: string): Promise<void> => {
    const target = contentPath(root, digest);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(path, target);
    syncDirectory(dirname(target));
  };
  return {
    adopt,
    size: async (digest) => {
      try {
        return (await stat(contentPath(root, digest))).size;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    open: (digest, range) => createReadStream(contentPath(root, digest), { ...range, highWaterMark: 256 * 1024 }),
    put: async (digest, bytes) => {
      const path = join(temporary, randomUUID());
      try {
        const file = await open(path, 'wx', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await adopt(digest, path);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    remove: (digest) => rm(contentPath(root, digest), { force: true }),
  };
}

export function hashOf(algorithm: ContentDigest['algorithm'], bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT';
}
