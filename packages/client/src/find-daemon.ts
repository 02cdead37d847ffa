import { lstat, readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  CondockError,
  judgeRuntimeDirectory,
  parseRegistration,
  registrationFileName,
  registrationGeneration,
  type Registration,
} from '@condock/protocol';

/**
 * The highest registration in a runtime directory, or undefined where there is none. Throws `insecure` where the
 * directory is not this user's alone: what lies there can't be trusted.
 */
export async function findRegistration(runtime: string, uid: number | undefined): Promise<Registration | undefined> {
  const facts = await lstat(runtime).catch(() => undefined);
  if (facts === undefined) return undefined;
  const problem = judgeRuntimeDirectory(
    runtime,
    { isDirectory: facts.isDirectory(), uid: facts.uid, mode: facts.mode },
    uid,
  );
  if (problem !== undefined) throw problem;
  const generations = (await readdir(runtime)).map(registrationGeneration).filter((n) => n !== undefined);
  if (generations.length === 0) return undefined;
  const path = join(runtime, registrationFileName(Math.max(...generations)));
  return parseRegistration(await readFile(path, 'utf8').catch(() => ''));
}

/** Nobody listens; or a daemon that is just ending reset what connected. */
const GONE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ENOTSOCK']);

/** Connects to a daemon's socket; undefined where nobody listens. */
export function connectSocket(address: string, timeoutMs: number): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const giveUp = setTimeout(() => {
      socket.destroy(new Error('no connection in time'));
    }, timeoutMs);
    socket.once('connect', () => {
      clearTimeout(giveUp);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(giveUp);
      if (GONE.has(error.code ?? '')) resolve(undefined);
      else reject(unreachable(address, error));
    });
  });
}

function unreachable(address: string, cause: Error): CondockError {
  return new CondockError('daemon-unavailable', `The daemon at ${address} can't be reached: ${cause.message}`, {
    hint: 'Use --no-daemon where sockets are not allowed.',
    cause,
  });
}
