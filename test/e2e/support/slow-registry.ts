import { join } from 'node:path';
import { startRegistry } from '@condock/daemon';
import { type SlowProxy, startSlowProxy } from './slow-proxy.ts';

/** A registry of its own in a folder below `home`, behind a proxy that can be slow; both end with it. */
export async function startSlowRegistry(home: string, onRequest?: () => void): Promise<SlowProxy> {
  const registry = await startRegistry({ directory: join(home, 'registry') });
  const proxy = await startSlowProxy(registry.host, onRequest);
  const end = proxy[Symbol.asyncDispose];
  return Object.assign(proxy, {
    [Symbol.asyncDispose]: async () => {
      await end();
      await registry.stop();
    },
  });
}
