import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CondockError } from '@condock/protocol';
import { listFiles } from '../inside/package-paths.ts';
import type { ArchiveFormat } from '../types.ts';
import { bunzip2 } from './bunzip2.ts';
import { openCondaFormat } from './conda-format.ts';
import { DEFAULT_ARCHIVE_LIMITS } from './limits.ts';
import type { OpenArchiveOptions, PackageArchive } from './package-archive.ts';
import { invalidPackage, openFailure } from './refusals.ts';
import { readTarBz2Info } from './tar-bz2-format.ts';

/**
 * Opens a `.conda` or `.tar.bz2` (CEP 35), which may be hostile, and checks what can be checked without decompressing.
 * Throws `not-found` or `denied` for the file, `unsupported-format` for what is neither format, `invalid-package` and
 * `too-large` for its content.
 */
export async function openArchive(path: string, options: OpenArchiveOptions = {}): Promise<PackageArchive> {
  const format = options.format ?? formatOf(path);
  const limits = { ...DEFAULT_ARCHIVE_LIMITS, ...options.limits };
  const { size, magic } = await look(path);
  if (size === 0) throw invalidPackage(path, 'it is empty');
  const expected = format === 'conda' ? 'PK' : 'BZh';
  if (!magic.startsWith(expected)) {
    throw invalidPackage(path, `it does not begin like a .${format} archive`);
  }
  const { signal } = options;
  const opened =
    format === 'conda'
      ? await openCondaFormat(path, { limits, signal })
      : {
          warnings: [],
          infoFiles: () => readTarBz2Info(path, { limits, signal, size, bunzip2: options.bunzip2 ?? bunzip2 }),
        };
  return { path, format, ...opened, files: async () => listFiles(await opened.infoFiles()) };
}

function formatOf(path: string): ArchiveFormat {
  if (path.endsWith('.conda')) return 'conda';
  if (path.endsWith('.tar.bz2')) return 'tar.bz2';
  throw new CondockError('unsupported-format', `${path} is neither a .conda nor a .tar.bz2 archive.`, {
    hint: 'Conda packages end with ".conda" or ".tar.bz2".',
    data: { path },
  });
}

async function look(path: string): Promise<{ size: number; magic: string }> {
  let file: FileHandle | undefined;
  try {
    // A pipe must not be waited for: it is refused below.
    file = await open(path, process.platform === 'win32' ? 'r' : constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw invalidPackage(path, 'it is no regular file');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return { size: stats.size, magic: buffer.toString('latin1', 0, bytesRead) };
  } catch (error) {
    throw error instanceof CondockError ? error : openFailure(path, error);
  } finally {
    await file?.close();
  }
}
