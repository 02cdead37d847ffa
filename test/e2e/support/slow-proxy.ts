import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface SlowProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`, in place of the registry's own. */
  host: string;
  /** Bytes in a second for each answer that has a body; Infinity lets everything through. */
  bytesPerSecond: number;
}

const STEP_MS = 50;

/** Stands before a registry and can make downloads slow, so that a person, or a test, can see and cancel them. */
export async function startSlowProxy(registry: string, onRequest?: () => void): Promise<SlowProxy> {
  const [hostname, port] = registry.split(':');
  const server: Server = createServer((incoming, answer) => {
    const { method, url, headers } = incoming;
    onRequest?.();
    const forwarded = request({ hostname, port, method, path: url, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      void pass(reply, answer);
    });
    forwarded.on('error', () => answer.destroy());
    answer.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: SlowProxy = {
    host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    bytesPerSecond: Infinity,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const pass = async (
    reply: AsyncIterable<Buffer>,
    answer: { write(b: Buffer): boolean; end(): void; destroyed: boolean },
  ) => {
    try {
      for await (const chunk of reply) {
        for (let at = 0; at < chunk.length && !answer.destroyed;) {
          const size = Math.min(chunk.length - at, Math.max(1, (proxy.bytesPerSecond * STEP_MS) / 1000));
          answer.write(chunk.subarray(at, at + size));
          at += size;
          if (proxy.bytesPerSecond !== Infinity) await delay(STEP_MS);
        }
      }
      answer.end();
    } catch {
      // Whoever asked has hung up, or the registry has.
      answer.end();
    }
  };
  return proxy;
}
