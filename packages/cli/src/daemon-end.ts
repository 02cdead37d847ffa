import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@condock/client';
import { CondockError } from '@condock/protocol';

/** Milliseconds for a process to go that serves nobody any more, and between two looks at it. */
const EXIT_MS = 5000;
const PAUSE_MS = 10;

/**
 * Waits until a daemon that was asked to end has ended: it hangs up when its last job is done, and its process goes soon after.
 * Rejects with `cancelled` where the signal comes first; the daemon ends all the same.
 */
export async function endOfDaemon(client: Client, pid: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const cancelled = (): void => reject(new CondockError('cancelled', 'Nobody waits for the daemon any more.'));
    if (client.status === 'closed') resolve();
    client.onStatus((status) => {
      if (status === 'closed') resolve();
    });
    signal.addEventListener('abort', cancelled, { once: true });
  });
  for (let waited = 0; waited < EXIT_MS && isRunning(pid); waited += PAUSE_MS) await setTimeout(PAUSE_MS);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // In a container nobody may collect processes that have ended: they keep their number as zombies (proc(5)).
    return process.platform !== 'linux' || !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
