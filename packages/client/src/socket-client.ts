import type { Socket } from 'node:net';
import {
  clientHandshake,
  CondockError,
  createMessageStreams,
  fromWireError,
  LIMITS,
  type MethodName,
  type NotificationName,
  type ParamsOf,
  type ProgressValue,
  type ResultOf,
} from '@condock/protocol';
import {
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  ProgressType,
  ResponseError,
} from 'vscode-jsonrpc/node';
import type { Client, RequestOptions } from './client.ts';
import { createNotificationListeners, createStatus } from './listeners.ts';
import { cancelled, untilAborted } from './until-aborted.ts';

export interface SocketClient extends Client {
  readonly daemon: ResultOf<'initialize'>['daemon'];
  readonly protocol: ResultOf<'initialize'>['protocol'];
}

export interface HandshakeOptions {
  token: string;
  client: { name: string; version: string };
  /** Milliseconds for both messages of the handshake. */
  timeoutMs: number;
}

const progressType = new ProgressType<ProgressValue>();

/** Shakes hands over an open socket and gives a client; the socket is destroyed where that fails. */
export async function socketClient(socket: Socket, options: HandshakeOptions): Promise<SocketClient> {
  let queued = 0;
  const streams = createMessageStreams(socket, {
    read: { headerBytes: LIMITS.headerBytes, bodyBytes: LIMITS.responseBytes },
    writeBytes: LIMITS.requestBytes,
    filter: () => {
      queued += 1;
      return true;
    },
  });
  const rpc = createMessageConnection(streams.reader, streams.writer, undefined, {
    messageStrategy: {
      handleMessage: (message, next) => {
        queued -= 1;
        const handled = next(message);
        endWhenHandled();
        return handled;
      },
    },
  });
  const status = createStatus('connected');
  const notifications = createNotificationListeners();
  let broken: string | undefined;
  const handshake = { isLate: false };
  let sequence = 0;

  rpc.onError(([error]) => {
    broken ??= error.message;
  });
  // Disposing rejects every pending call; vscode-jsonrpc leaves them pending on a mere close. It handles one message a
  // turn: an answer that came just before the end is still in its queue, and must not be lost.
  const endWhenHandled = (): void => {
    if (!socket.closed || queued > 0) return;
    rpc.dispose();
    status.set('closed');
  };
  socket.once('close', endWhenHandled);
  rpc.onNotification((name: string, params: unknown) => {
    if (name === 'daemon/draining') status.set('draining');
    notifications.tell(name as NotificationName, params);
  });

  const toError = (error: unknown, method: string): CondockError => {
    if (error instanceof CondockError) return error;
    if (error instanceof ResponseError && !isOfTheConnection(error.code)) {
      const { code, message, data } = error as ResponseError<unknown>;
      return fromWireError({ code, message, data });
    }
    return new CondockError('daemon-unavailable', `The daemon went away before it answered ${method}.`, {
      hint: 'Try again: a new daemon is started where that is possible. "condock daemon log" says what happened.',
      data: { method, reason: broken },
      cause: error,
    });
  };

  const send = async (method: string, params: object, signal: AbortSignal | undefined): Promise<unknown> => {
    if (signal?.aborted === true) throw cancelled();
    const source = signal === undefined ? undefined : new CancellationTokenSource();
    const onAbort = (): void => {
      source?.cancel();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const answer =
        source === undefined ? rpc.sendRequest(method, params) : rpc.sendRequest(method, params, source.token);
      const refusal = streams.takeRefusal();
      if (refusal !== undefined) {
        answer.catch(() => undefined);
        throw refusal;
      }
      return await untilAborted(answer, signal);
    } catch (error) {
      throw toError(error, method);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  };

  const request = async <M extends MethodName>(
    method: M,
    params: ParamsOf<M>,
    { signal, onProgress }: RequestOptions = {},
  ): Promise<ResultOf<M>> => {
    if (onProgress === undefined) return (await send(method, params, signal)) as ResultOf<M>;
    sequence += 1;
    const workDoneToken = `p${String(sequence)}`;
    const listening = rpc.onProgress(progressType, workDoneToken, onProgress);
    try {
      return (await send(method, { ...params, workDoneToken }, signal)) as ResultOf<M>;
    } finally {
      listening.dispose();
    }
  };

  const close = async (): Promise<void> => {
    status.set('closed');
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => {
        resolve();
      });
      socket.destroySoon();
    });
  };

  rpc.listen();
  const giveUp = setTimeout(() => {
    handshake.isLate = true;
    socket.destroy();
  }, options.timeoutMs);
  try {
    const answer = await clientHandshake({
      ...options,
      initialize: (params) => request('initialize', params),
      authenticate: (params) => request('authenticate', params),
    });
    return {
      daemon: answer.daemon,
      protocol: answer.protocol,
      get status() {
        return status.current;
      },
      request,
      onNotification: notifications.add,
      onStatus: status.on,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    socket.destroy();
    if (!handshake.isLate) throw error;
    throw new CondockError('timeout', `The daemon did not answer the handshake within ${options.timeoutMs} ms.`, {
      hint: 'It may be stopped or overloaded. End its process, or try again later.',
      cause: error,
    });
  } finally {
    clearTimeout(giveUp);
  }
}

/** Codes that vscode-jsonrpc itself rejects with, as opposed to what the daemon answered. */
function isOfTheConnection(code: number): boolean {
  return code >= ErrorCodes.MessageWriteError && code <= ErrorCodes.ConnectionInactive;
}
