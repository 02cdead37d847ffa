import type { Readable } from 'node:stream';
import { connectionError, type Failing } from '../failures.ts';

/**
 * The chunks of a body as they come, errors turned into `CondockError`. Leaving by `return()` ends the transfer, also before
 * the first chunk was asked for. A body that ends early rejects with `unreachable`, one that stalls with `timeout`.
 */
export function bodyChunks(
  body: Readable,
  failing: Failing,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const inner = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
      return {
        next: async () => {
          try {
            return await inner.next();
          } catch (error) {
            throw connectionError(failing, error, signal);
          }
        },
        return: () => {
          body.destroy();
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
}
