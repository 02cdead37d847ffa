import { lstat, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isSocketFileName, registrationGeneration } from '@condock/protocol';
import { isAlive } from './probe.ts';

/** What a starter makes lives for milliseconds before it is registered; what is older and unused was left behind. */
const LEFT_BEHIND_MS = 60_000;

/**
 * Removes what daemons that died have left in the runtime directory. Called by the daemon that holds `generation`.
 *
 * The registration just below ours stays until our successor sweeps: a starter that lists the directory while names
 * come and go then still sees one of the two, and never starts to count from the beginning. No highest registration is
 * ever removed, not even by a daemon that ends in order.
 */
export async function sweepRuntime(runtime: string, generation: number, now: () => number = Date.now): Promise<void> {
  for (const name of await readdir(runtime)) {
    const path = join(runtime, name);
    const registered = registrationGeneration(name);
    if (registered !== undefined) {
      if (registered < generation - 1) await unlink(path).catch(() => undefined);
      continue;
    }
    const isTemporary = /^\.registration\.[0-9a-f]{16}\.tmp$/.test(name);
    if (!isTemporary && !isSocketFileName(name)) continue;
    const facts = await lstat(path).catch(() => undefined);
    if (facts === undefined || now() - facts.ctimeMs < LEFT_BEHIND_MS) continue;
    if (isTemporary || (facts.isSocket() && !(await isAlive(path)))) await unlink(path).catch(() => undefined);
  }
}
