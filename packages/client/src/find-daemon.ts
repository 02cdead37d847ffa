import { lstatSync, readdirSync, readFileSync } from 'node:fs';
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
 * directory is not this user's alone: what lies there can't be trusted. Synchronous: three looks at a small local folder, on whose
 * end a command waits before it can do anything else.
 */
export function findRegistration(runtime: string, uid: number | undefined): Registration | undefined {
  const facts = orUndefined(() => lstatSync(runtime));
  if (facts === undefined) return undefined;
  const problem = judgeRuntimeDirectory(
    runtime,
    { isDirectory: facts.isDirectory(), uid: facts.uid, mode: facts.mode },
    uid,
  );
  if (problem !== undefined) throw problem;
  const generations = readdirSync(runtime)
    .map(registrationGeneration)
    .filter((n) => n !== undefined);
  if (generations.length === 0) return undefined;
  const path = join(runtime, registrationFileName(Math.max(...generations)));
  // Its daemon may just be ending.
  return parseRegistration(orUndefined(() => readFileSync(path, 'utf8')) ?? '');
}

function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
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
