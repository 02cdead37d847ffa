import { CondockError, coalesceProgress, type ParamsOf, type ProgressValue, type Timers } from '@condock/protocol';
import type * as Schemas from '@condock/protocol/schemas';
import type { EngineHost, EngineMethodName } from '../engine/engine-host.ts';

/** What the server needs of the engine. */
export type ServedHost = Pick<EngineHost, 'call' | 'onNotification' | 'connectionClosed'>;

export interface EngineCall {
  method: string;
  params: unknown;
  connection: string;
  /** Aborted when the caller cancels or goes away. */
  controller: AbortController;
  sendProgress: (token: string | number, value: ProgressValue) => void;
  /** False while the peer does not keep up. */
  keepsUp: () => boolean;
  timers: Timers;
  /** Called when the engine has really stopped working on it, which may be after the caller was answered. */
  settled: () => void;
}

// Loaded with the first call, not with the server: a daemon that has just started answers its first ping without it.
let schemas: typeof Schemas | undefined;

/** Loads the schemas ahead of the first call that needs them. */
export async function loadSchemas(): Promise<typeof Schemas> {
  return (schemas ??= await import('@condock/protocol/schemas'));
}

/**
 * Checks the parameters and passes the call to the engine. A caller that cancels is answered at once, whether or not the
 * engine stops at once; a progress that was begun is always ended, before the answer.
 */
export async function callEngine(host: () => Promise<ServedHost>, call: EngineCall): Promise<unknown> {
  const { controller, timers } = call;
  let work: Promise<unknown> | undefined;
  let progress: ReturnType<typeof coalesceProgress> | undefined;
  try {
    const { checkParams } = schemas ?? (await loadSchemas());
    const engine = await host();
    if (controller.signal.aborted) throw cancelled();
    const params = checkParams(call.method as EngineMethodName, call.params);
    const token = workDoneToken(params);
    if (token !== undefined) {
      const send = (value: ProgressValue): void => {
        call.sendProgress(token, value);
      };
      progress = coalesceProgress({ send, timers, ready: call.keepsUp });
    }
    work = engine.call(call.method as EngineMethodName, params, {
      signal: controller.signal,
      progress: (value) => progress?.push(value),
      connection: call.connection,
    });
    return await untilAborted(work, controller.signal);
  } finally {
    progress?.finish();
    if (work === undefined) call.settled();
    else work.then(call.settled, call.settled);
  }
}

export function cancelled(): CondockError {
  return new CondockError('cancelled', 'The request was cancelled.');
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(cancelled());
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

function workDoneToken(params: ParamsOf<EngineMethodName>): string | number | undefined {
  return 'workDoneToken' in params ? params.workDoneToken : undefined;
}
