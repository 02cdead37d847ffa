import {
  CondockError,
  type MethodName,
  type NotificationName,
  type NotificationParams,
  type ParamsOf,
  type ResultOf,
} from '@condock/protocol';
import type { Client, RequestOptions } from './client.ts';
import { createListeners, createNotificationListeners, createStatus } from './listeners.ts';
import { createStandingRequests } from './standing-requests.ts';
import { untilAborted } from './until-aborted.ts';

export interface ReconnectingClient extends Client {
  /** Finds or starts a daemon now, where none is connected; calls do that by themselves. */
  connect(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Told when a later connection stands and what the earlier one held (watches, offered secrets) is there again. */
  onReconnected(listener: () => void): Disposable;
}

/** Notification names are a closed set that this file needs at run time, where the schemas must not be loaded. */
const NAMES = [
  'daemon/draining',
  'env/didChange',
  'session/didChange',
  'channel/didChange',
  'cache/didChange',
] as const satisfies readonly [...NotificationName[]];

/**
 * A client that outlives daemons. A call whose daemon dies rejects at once with `daemon-unavailable` (it may have been
 * carried out, so it is not repeated); the next call finds or starts a daemon. A daemon that drains keeps its calls and
 * gets no new ones.
 * @param open Makes a connection, by `connect(...)` as a rule; called for one at a time.
 */
export function createReconnectingClient(open: () => Promise<Client>): ReconnectingClient {
  const status = createStatus('disconnected');
  const reconnected = createListeners<undefined>();
  const notifications = createNotificationListeners();
  const standing = createStandingRequests();
  const held = new Set<Client>();
  let current: Client | undefined;
  let opening: Promise<Client> | undefined;
  let wasConnected = false;
  const isClosed = (): boolean => status.current === 'closed';

  const adopt = (client: Client): void => {
    held.add(client);
    current = client;
    for (const name of NAMES) {
      client.onNotification(name, (params: NotificationParams<NotificationName>) => {
        notifications.tell(name, params);
      });
    }
    client.onStatus((next) => {
      if (next === 'closed') held.delete(client);
      if (current !== client) return;
      if (next === 'draining') status.set('draining');
      if (next === 'closed') {
        current = undefined;
        status.set('disconnected');
      }
    });
  };

  const reopen = async (): Promise<Client> => {
    const client = await open();
    if (isClosed()) {
      await client.close();
      throw closed();
    }
    adopt(client);
    // Before any call: an identity that a call names has to be there.
    if (standing.size > 0) await standing.repeat(client);
    status.set(client.status === 'closed' ? 'disconnected' : client.status);
    if (wasConnected) reconnected.tell(undefined);
    wasConnected = true;
    return client;
  };

  const obtain = async (signal: AbortSignal | undefined): Promise<Client> => {
    if (isClosed()) throw closed();
    if (opening === undefined && current?.status === 'connected') return current;
    opening ??= reopen().finally(() => {
      opening = undefined;
    });
    return await untilAborted(opening, signal);
  };

  const close = async (): Promise<void> => {
    status.set('closed');
    current = undefined;
    await Promise.all([...held].map((client) => client.close()));
  };

  return {
    get status() {
      return status.current;
    },
    connect: async ({ signal } = {}) => {
      await obtain(signal);
    },
    request: async <M extends MethodName>(
      method: M,
      params: ParamsOf<M>,
      options: RequestOptions = {},
    ): Promise<ResultOf<M>> => {
      const client = await obtain(options.signal);
      let answer: ResultOf<M>;
      try {
        answer = await client.request(method, params, options);
      } catch (error) {
        // Nothing was done: its successor may be asked without a risk. Once, so that two that drain can't go on for ever.
        if (!(error instanceof CondockError && error.code === 'draining')) throw error;
        if (current === client) current = undefined;
        answer = await (await obtain(options.signal)).request(method, params, options);
      }
      standing.note(method, params);
      return answer;
    },
    onNotification: notifications.add,
    onStatus: status.on,
    onReconnected: (listener) =>
      reconnected.add(() => {
        listener();
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function closed(): CondockError {
  return new CondockError('daemon-unavailable', 'This client was closed.', { hint: 'Connect again.' });
}
