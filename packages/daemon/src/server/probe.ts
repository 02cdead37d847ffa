import { connect, type Socket } from 'node:net';

/** Codes that say for certain that nobody listens at an address. */
const DEAD = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

/** Opens a connection to a daemon's address; rejects with Node's own error, or with ETIMEDOUT. */
export function openSocket(address: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error(`connect ETIMEDOUT ${address}`), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/**
 * Whether a process listens at an address. Liveness is a connect, not a pid. An error that does not prove death (a full
 * backlog, missing rights) counts as alive: taking over from a living daemon is the worse mistake.
 */
export async function isAlive(address: string, timeoutMs = 2000): Promise<boolean> {
  try {
    const socket = await openSocket(address, timeoutMs);
    socket.destroy();
    return true;
  } catch (error) {
    return !DEAD.has((error as NodeJS.ErrnoException).code ?? '');
  }
}
