import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Log } from '../server/index.ts';

/**
 * The starter reads our stderr only until we are ready, then its end of the pipe closes: from then on a mere warning of Node's
 * would end the daemon with EPIPE. What it would have said stands in the log.
 */
export function outliveStarter(log: Pick<Log, 'warn'>): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('warning', (warning) => log.warn('warning', { warning }));
}

/** Lines that a thread writes to its stdout and stderr go into the log: nobody reads ours. */
export function logOutput(thread: { stdout: Readable; stderr: Readable }, log: Pick<Log, 'warn'>): void {
  for (const stream of [thread.stdout, thread.stderr]) {
    createInterface({ input: stream }).on('line', (line) => log.warn('the engine wrote', { line }));
  }
}
