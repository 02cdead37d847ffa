import { closeSync, fdatasync, fdatasyncSync, open, close, openSync } from 'node:fs';
import { promisify } from 'node:util';

// FlushFileBuffers wants a handle that may write.
const FLAGS = process.platform === 'win32' ? 'r+' : 'r';

const openAsync = promisify(open);
const fdatasyncAsync = promisify(fdatasync);
const closeAsync = promisify(close);

/** Returns when the disk has the content of a file. Throws Node's own error. */
export function syncFile(path: string): void {
  const fd = openSync(path, FLAGS);
  try {
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** As `syncFile`, in Node's thread pool. */
export async function syncFileAsync(path: string): Promise<void> {
  const fd = await openAsync(path, FLAGS);
  try {
    await fdatasyncAsync(fd);
  } finally {
    await closeAsync(fd);
  }
}
