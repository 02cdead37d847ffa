import { CondockError, FramingError, toWireError, type RpcMessage } from '@condock/protocol';

export interface RequestGateOptions {
  /** How many requests may be under way. */
  limit: number;
  /** Further work of this connection that counts, though its request has been answered (cancelled, not yet stopped). */
  lingering: () => number;
  /** Sends the answer to a request that was refused. */
  refuse: (response: RpcMessage) => void;
}

type Id = string | number;

const MAX_NAME = 200;

/**
 * Looks at every message before it is queued, so that no peer can fill a queue: requests beyond the limit are answered
 * with `too-large` at once, cancellations of what is not under way and answers to what was never asked are dropped, and
 * what is not JSON-RPC ends the connection (`FramingError`).
 */
export function createRequestGate(options: RequestGateOptions) {
  const underWay = new Set<string>();
  return {
    /** Requests that were let in and are not answered. */
    get underWay(): number {
      return underWay.size;
    },
    admit: (message: object): boolean => {
      const { id, method, params } = message as { id?: unknown; method?: unknown; params?: unknown };
      if (method === undefined) return false;
      if (typeof method !== 'string' || method.length > MAX_NAME) throw new FramingError('A method has no fit name.');
      if (id === undefined) return method === '$/cancelRequest' && underWay.has(cancelledId(params) ?? '');
      if (!isId(id)) throw new FramingError('The id of a request is an integer or a short string.');
      if (underWay.has(String(id))) throw new FramingError('Two requests under way have the same id.');
      if (underWay.size + options.lingering() >= options.limit) {
        const error = new CondockError('too-large', `More than ${options.limit} requests are under way.`, {
          hint: 'Wait for answers before asking more.',
        });
        options.refuse({ jsonrpc: '2.0', id, error: toWireError(error) } as RpcMessage);
        return false;
      }
      underWay.add(String(id));
      return true;
    },
    /** To be told of every message that leaves. */
    sent: (message: RpcMessage): void => {
      if ('id' in message && !('method' in message)) underWay.delete(String(message.id));
    },
  };
}

function isId(id: unknown): id is Id {
  return typeof id === 'string' ? id.length <= MAX_NAME : Number.isSafeInteger(id);
}

function cancelledId(params: unknown): string | undefined {
  const id = typeof params === 'object' && params !== null && 'id' in params ? params.id : undefined;
  return isId(id) ? String(id) : undefined;
}
