import type { MethodName, ParamsOf } from '@condock/protocol';
import type { Client } from './client.ts';

type Standing =
  | { method: 'env/watch'; params: ParamsOf<'env/watch'> }
  | { method: 'session/offer'; params: ParamsOf<'session/offer'> };

export interface StandingRequests {
  readonly size: number;
  /** Takes note of a request that was answered. */
  note(method: MethodName, params: object): void;
  /** Says everything again on a new connection; what is refused there is forgotten. */
  repeat(client: Client): Promise<void>;
}

/**
 * What a daemon keeps for one connection alone, watches and offered secrets, and so loses with it. Held in memory only.
 */
export function createStandingRequests(): StandingRequests {
  const standing = new Map<string, Standing>();
  return {
    get size() {
      return standing.size;
    },
    note: (method, params) => {
      if (method === 'env/watch') {
        const watch = params as ParamsOf<'env/watch'>;
        standing.set(`watch ${watch.path}`, { method, params: watch });
      } else if (method === 'env/unwatch') {
        standing.delete(`watch ${(params as ParamsOf<'env/unwatch'>).path}`);
      } else if (method === 'session/offer') {
        const offer = params as ParamsOf<'session/offer'>;
        standing.set(`offer ${offer.identity} ${offer.host}`, { method, params: offer });
      }
    },
    repeat: async (client) => {
      const all = [...standing].map(async ([key, { method, params }]) => {
        try {
          await (method === 'env/watch' ? client.request(method, params) : client.request(method, params));
        } catch (error) {
          // With the connection gone they are still wanted; the next one will hear of them.
          if (client.status === 'connected') standing.delete(key);
          else throw error;
        }
      });
      await Promise.all(all);
    },
  };
}
