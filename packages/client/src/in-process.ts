import {
  CondockError,
  coalesceProgress,
  systemTimers,
  toCondockError,
  type MethodName,
  type NotificationName,
  type NotificationParams,
  type ParamsOf,
  type ProgressValue,
  type ResultOf,
  type Timers,
} from '@condock/protocol';
import type { Client, RequestOptions } from './client.ts';
import { createNotificationListeners, createStatus } from './listeners.ts';
import { cancelled, untilAborted } from './until-aborted.ts';

type EngineMethod = Exclude<MethodName, 'initialize' | 'authenticate' | `daemon/${string}`>;

/** What this transport needs of an engine; the daemon's `EngineHost` is one. */
export interface InProcessHost {
  call<M extends EngineMethod>(
    method: M,
    params: ParamsOf<M>,
    context: { signal: AbortSignal; progress: (value: ProgressValue) => void; connection: string },
  ): Promise<ResultOf<M>>;
  onNotification(
    listener: <N extends NotificationName>(
      name: N,
      params: NotificationParams<N>,
      connection: string | undefined,
    ) => void,
  ): Disposable;
  connectionClosed(connection: string): void;
}

export interface InProcessOptions {
  /** Condock's own version, and where it keeps its things; for `daemon/status`. */
  version: string;
  home: string;
  timers?: Timers;
}

let sequence = 0;

/**
 * A client of an engine in this very process: no socket, no daemon, the same checks and the same errors. Closing it
 * aborts what is under way and tells the engine; the engine itself stays its maker's to dispose of.
 */
export function connectInProcess(host: InProcessHost, options: InProcessOptions): Client {
  sequence += 1;
  const connection = `in-process-${String(sequence)}`;
  const status = createStatus('connected');
  const notifications = createNotificationListeners();
  const closing = new AbortController();
  const startedAt = new Date().toISOString();
  const timers = options.timers ?? systemTimers;
  const subscription = host.onNotification((name, params, to) => {
    if (to === undefined || to === connection) notifications.tell(name, params);
  });
  let jobs = 0;

  const own = (method: `daemon/${string}` | 'initialize' | 'authenticate'): unknown => {
    if (method === 'daemon/ping') return {};
    if (method === 'daemon/status') {
      return {
        version: options.version,
        pid: process.pid,
        home: options.home,
        address: null,
        log: null,
        startedAt,
        clients: 1,
        jobs,
        draining: false,
        memory: process.memoryUsage.rss(),
        node: process.version,
      } satisfies ResultOf<'daemon/status'>;
    }
    throw new CondockError('daemon-unavailable', `${method}: there is no daemon; the engine runs in this process.`, {
      hint: 'Leave out --no-daemon to talk to the daemon.',
    });
  };

  const engine = async (method: EngineMethod, raw: unknown, given: RequestOptions): Promise<unknown> => {
    // Loaded on demand, as in the daemon: a command that needs no engine must not pay for the schema library.
    const { checkParams } = await import('@condock/protocol/schemas');
    const params = checkParams(method, raw);
    const signal = AbortSignal.any([closing.signal, ...(given.signal === undefined ? [] : [given.signal])]);
    if (signal.aborted) throw cancelled();
    const { onProgress } = given;
    const progress = onProgress === undefined ? undefined : coalesceProgress({ send: onProgress, timers });
    jobs += 1;
    const work = host.call(method, params, { signal, progress: (value) => progress?.push(value), connection });
    const settled = (): void => {
      jobs -= 1;
    };
    work.then(settled, settled);
    try {
      return await untilAborted(work, signal);
    } finally {
      progress?.finish();
    }
  };

  const close = (): Promise<void> => {
    if (status.current !== 'closed') {
      status.set('closed');
      closing.abort();
      subscription[Symbol.dispose]();
      host.connectionClosed(connection);
    }
    return Promise.resolve();
  };

  return {
    get status() {
      return status.current;
    },
    request: async <M extends MethodName>(
      method: M,
      params: ParamsOf<M>,
      given: RequestOptions = {},
    ): Promise<ResultOf<M>> => {
      try {
        if (status.current === 'closed') throw closed();
        const answer = isOwn(method) ? own(method) : engine(method, params, given);
        return (await answer) as ResultOf<M>;
      } catch (error) {
        throw closing.signal.aborted && given.signal?.aborted !== true ? closed() : toCondockError(error);
      }
    },
    onNotification: notifications.add,
    onStatus: status.on,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isOwn(method: string): method is `daemon/${string}` | 'initialize' | 'authenticate' {
  return method === 'initialize' || method === 'authenticate' || method.startsWith('daemon/');
}

function closed(): CondockError {
  return new CondockError('daemon-unavailable', 'This client was closed.', { hint: 'Connect again.' });
}
