import type { Worker } from 'node:worker_threads';
import { CondockError, type NotificationName, type NotificationParams, type ResultOf } from '@condock/protocol';
import type { CallContext, EngineHost, EngineMethodName, NotificationListener } from '../engine/engine-host.ts';
import type { FromWorker, LogLine, ToWorker } from './worker-messages.ts';

interface Call {
  worker: Worker;
  resolve: (value: never) => void;
  reject: (error: CondockError) => void;
  context: CallContext;
  forget: () => void;
}

export interface WorkerHostOptions {
  /** Called at the first call, so that a daemon that only answers pings stays small and starts fast. */
  start: () => Worker;
  log: (line: LogLine) => void;
  /** The engine needs the daemon, or no longer does, for the sake of something other than a request. */
  busy: (busy: boolean) => void;
}

export interface WorkerHost extends EngineHost {
  /** Starts the thread ahead of the first call. */
  warmUp(): void;
}

/**
 * The engine in a thread of its own: hashing, parsing and writing never hold up the sockets of the main thread. A thread that
 * dies fails its calls, and the next call starts another.
 */
export function createWorkerHost(options: WorkerHostOptions): WorkerHost {
  const listeners = new Set<NotificationListener>();
  const calls = new Map<number, Call>();
  let lastId = 0;
  let worker: Worker | undefined;
  let disposed: (() => void) | undefined;

  const settle = (id: number): Call | undefined => {
    const call = calls.get(id);
    calls.delete(id);
    call?.forget();
    return call;
  };

  const onMessage = (message: FromWorker): void => {
    switch (message.type) {
      case 'result':
        settle(message.id)?.resolve(message.result as never);
        break;
      case 'error':
        settle(message.id)?.reject(CondockError.fromDocument(message.error));
        break;
      case 'progress':
        calls.get(message.id)?.context.progress(message.value);
        break;
      case 'notification':
        for (const listener of listeners) {
          listener(
            message.name as NotificationName,
            message.params as NotificationParams<NotificationName>,
            message.connection,
          );
        }
        break;
      case 'log':
        options.log(message.line);
        break;
      case 'busy':
        options.busy(message.busy);
        break;
      case 'disposed':
        disposed?.();
    }
  };

  const onEnd = (ended: Worker, reason: string): void => {
    if (worker === ended) worker = undefined;
    if (worker === undefined) options.busy(false);
    disposed?.();
    // A thread that failed ends a moment later: its successor's calls go on.
    for (const [id, call] of [...calls]) {
      if (call.worker !== ended) continue;
      settle(id)?.reject(
        new CondockError('internal', `The engine ended in the middle of the request: ${reason}`, {
          hint: 'Try again; see "condock daemon log".',
        }),
      );
    }
  };

  const running = (): Worker => {
    if (worker !== undefined) return worker;
    const started = options.start();
    worker = started;
    started.on('message', onMessage);
    started.once('error', (error) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      options.log({ level: 'error', message: `The engine's thread failed: ${text}` });
      onEnd(started, error instanceof Error ? error.message : 'unknown');
    });
    started.once('exit', (code) => onEnd(started, `exit code ${code}`));
    return started;
  };

  return {
    warmUp: () => void running(),
    call: <M extends EngineMethodName>(method: M, params: unknown, context: CallContext) =>
      new Promise<ResultOf<M>>((resolve, reject) => {
        const id = (lastId += 1);
        const thread = running();
        const send = (message: ToWorker): void => thread.postMessage(message);
        const cancel = (): void => send({ type: 'cancel', id });
        const forget = (): void => context.signal.removeEventListener('abort', cancel);
        calls.set(id, { worker: thread, resolve, reject, context, forget });
        context.signal.addEventListener('abort', cancel, { once: true });
        send({ type: 'call', id, method, params, connection: context.connection });
        if (context.signal.aborted) cancel();
      }),
    onNotification: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    connectionClosed: (connection) => {
      worker?.postMessage({ type: 'connection-closed', connection } satisfies ToWorker);
    },
    [Symbol.asyncDispose]: async () => {
      const ending = worker;
      if (ending === undefined) return;
      await new Promise<void>((resolve) => {
        disposed = resolve;
        ending.postMessage({ type: 'dispose' } satisfies ToWorker);
      });
      await ending.terminate();
    },
  };
}
