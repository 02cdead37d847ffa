import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const DYING_ATTEMPTS = 10;
const DYING_PAUSE_MS = 20;

/** Codes that say for certain that nobody listens at an address. */
const DEAD = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

/** Opens a connection to a daemon's address; rejects with Node's own error, or with ETIMEDOUT. */
export function openSocket(address: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    socket.setTimeout(timeoutMs, () => {
      socket.destroy(Object.assign(new Error(`connect ETIMEDOUT ${address}`), { code: 'ETIMEDOUT' }));
    });
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/**
 * Whether a process listens at an address. Liveness is a connect, not a pid. An error that does not prove death (a full
 * backlog, missing rights) counts as alive: taking over from a living daemon is the worse mistake.
 */
export async function isAlive(address: string, timeoutMs = 2000): Promise<boolean> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const socket = await openSocket(address, timeoutMs);
      socket.destroy();
      return true;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      // A process that is just dying still holds its socket for a moment, and resets what connects.
      if (code !== 'ECONNRESET' || attempt === DYING_ATTEMPTS) return !DEAD.has(code);
      await setTimeout(DYING_PAUSE_MS);
    }
  }
}
