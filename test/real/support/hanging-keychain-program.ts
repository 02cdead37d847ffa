// Asks a keychain that does not answer, from the main thread and from a thread of its own, then ends in the middle of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, Worker } from 'node:worker_threads';
import { systemKeychain } from '../../../packages/daemon/src/credentials/index.ts';

const keytarPath = process.env.KEYTAR_PATH ?? '';
const keychain = systemKeychain({ env: process.env, now: () => performance.now(), keytarPath });
keychain.get('condock', 'h.io').catch(() => undefined);
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  await sleep(1500);
  await worker.terminate();
  process.exit(0);
}
