// The thread of the engine: turns messages into calls. Everything else is composed as for a command line.
import { parentPort, workerData } from 'node:worker_threads';
import {
  CondockError,
  coalesceProgress,
  type NotificationName,
  type ProgressValue,
  systemTimers,
  toCondockError,
} from '@condock/protocol';
import type { CallContext, EngineHost, EngineMethodName } from '../engine/engine-host.ts';
import { composeEngine, type ComposeOptions } from './compose-engine.ts';
import { createFairStart } from './fair-start.ts';
import type { FromWorker, LogLine, ToWorker } from './worker-messages.ts';

const port = parentPort;
if (port === null) throw new Error('engine-worker runs in a worker thread only');

const send = (message: FromWorker): void => port.postMessage(message);
const log = (line: LogLine): void => send({ type: 'log', line });
const running = new Map<number, AbortController>();
const options = workerData as Pick<ComposeOptions, 'places' | 'version'>;

/** Rejects with what is wrong, with a configuration file for example; the call after its correction finds all well. */
async function start(): Promise<EngineHost> {
  const host = await composeEngine({
    ...options,
    env: process.env,
    log,
    busyChanged: (busy) => send({ type: 'busy', busy }),
  });
  host.onNotification((name: NotificationName, params, connection) =>
    send({ type: 'notification', name, params, connection }),
  );
  return host;
}

let starting: Promise<EngineHost> | undefined;

function engine(): Promise<EngineHost> {
  if (starting === undefined) {
    const started = start();
    starting = started;
    // Each call reports it to its own caller as well.
    started.catch((error: unknown) => {
      log({ level: 'error', message: `The engine did not start: ${toCondockError(error).message}` });
      starting = undefined;
    });
  }
  return starting;
}

void engine().catch(() => undefined);

type Call = Extract<ToWorker, { type: 'call' }>;

/** Much of the engine's work is synchronous: one client's thousand requests must not stand before another's one. */
const fair = createFairStart((callback) => void setImmediate(callback));

function accept(message: Call): void {
  const { id, connection } = message;
  const controller = new AbortController();
  running.set(id, controller);
  const takeBack = fair.begin(connection, () => void call(message, controller));
  controller.signal.addEventListener('abort', () => {
    if (!takeBack()) return;
    running.delete(id);
    send({ type: 'error', id, error: new CondockError('cancelled', 'The request was cancelled.').toJSON() });
  });
}

async function call({ id, method, params, connection }: Call, controller: AbortController): Promise<void> {
  // Already here: a report of each of thousands of packages costs both threads more than the packages do.
  const progress = coalesceProgress({
    send: (value: ProgressValue) => send({ type: 'progress', id, value }),
    timers: systemTimers,
  });
  const context: CallContext = { signal: controller.signal, progress: (value) => progress.push(value), connection };
  try {
    const host = await engine();
    const result = await host.call(method as EngineMethodName, params as never, context);
    progress.finish();
    send({ type: 'result', id, result });
  } catch (error) {
    progress.finish();
    const failure = toCondockError(error);
    if (failure.code === 'internal') log({ level: 'error', message: describeCause(error) });
    send({ type: 'error', id, error: failure.toJSON() });
  } finally {
    running.delete(id);
  }
}

/** For the log only: stacks never go to a client. */
function describeCause(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'call':
      accept(message);
      break;
    case 'cancel':
      running.get(message.id)?.abort();
      break;
    case 'connection-closed':
      void starting?.then((host) => host.connectionClosed(message.connection)).catch(() => undefined);
      break;
    case 'dispose':
      for (const controller of running.values()) controller.abort();
      void Promise.resolve(starting)
        .then((host) => host?.[Symbol.asyncDispose]())
        .catch((error: unknown) => log({ level: 'error', message: describeCause(error) }))
        .finally(() => send({ type: 'disposed' }));
  }
});
