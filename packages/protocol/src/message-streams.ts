import type { Duplex } from 'node:stream';
import { CondockError } from './errors.ts';
import { encodeFrame, FrameDecoder, FramingError, type FrameLimits } from './framing.ts';
import { LIMITS } from './limits.ts';
import { systemTimers, type Timers } from './timers.ts';

/** Any JSON-RPC message; what is in it has to be looked at. */
export interface RpcMessage {
  jsonrpc: string;
}

type Listen<T> = (listener: (value: T) => unknown) => { dispose(): void };

function emitter<T>(): { on: Listen<T>; fire: (value: T) => void; clear: () => void } {
  const listeners = new Set<(value: T) => unknown>();
  return {
    on: (listener) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    fire: (value) => {
      for (const listener of [...listeners]) listener(value);
    },
    clear: () => {
      listeners.clear();
    },
  };
}

export interface MessageStreamOptions {
  /** Bounds of what is read. */
  read: FrameLimits;
  /** Bytes that one body that is written may have. */
  writeBytes: number;
  /** Which messages go on; throws `FramingError` for what ends the connection. Default: all objects. */
  filter?: (message: object) => boolean;
  /** What to say instead of a message that is too large; default: the write is refused with `too-large`. */
  substitute?: (message: RpcMessage) => RpcMessage | undefined;
  /** Told of every message once it has been handed to the stream. */
  onWrite?: (message: RpcMessage) => void;
  /** Read no further while the peer does not read. Only one side of a connection may do that, or both wait for ever. */
  waitForPeer?: boolean;
  timers?: Timers;
}

/**
 * The reader and the writer that vscode-jsonrpc asks for, with the bounds that its own lack: header, body, the time that
 * a message may take, and what may wait for a peer that does not read. A peer that breaks one loses its connection:
 * `reader.onError` says why, then the stream is destroyed.
 */
export function createMessageStreams(stream: Duplex, options: MessageStreamOptions) {
  const timers = options.timers ?? systemTimers;
  const decoder = new FrameDecoder(options.read);
  const errors = emitter<Error>();
  const closed = emitter<undefined>();
  let refusal: CondockError | undefined;
  let stopDeadline: (() => void) | undefined;

  const fail = (error: Error): void => {
    if (stream.destroyed) return;
    errors.fire(error);
    stream.destroy();
  };
  const clearDeadline = (): void => {
    stopDeadline?.();
    stopDeadline = undefined;
  };
  const watchDeadline = (): void => {
    if (!decoder.isPartial) return;
    stopDeadline ??= timers.after(LIMITS.messageMs, () => {
      fail(new FramingError('A message was begun and not ended.'));
    });
  };
  // Without a listener, an error of the stream would end the process.
  stream.on('error', (error) => {
    errors.fire(error);
  });
  stream.on('close', () => {
    clearDeadline();
    closed.fire(undefined);
  });

  const reader = {
    onError: errors.on,
    onClose: closed.on,
    onPartialMessage: emitter<{ messageToken: number; waitingTime: number }>().on,
    listen: (callback: (message: RpcMessage) => void) => {
      const onData = (chunk: Buffer): void => {
        try {
          for (const body of decoder.push(chunk)) {
            clearDeadline();
            const message = parse(body);
            if (options.filter?.(message) ?? true) callback(message);
            if (stream.destroyed) return;
          }
          watchDeadline();
        } catch (error) {
          fail(error instanceof Error ? error : new FramingError(String(error)));
        }
      };
      stream.on('data', onData);
      return { dispose: () => stream.off('data', onData) };
    },
    dispose: () => {
      errors.clear();
      closed.clear();
    },
  };

  const send = (message: RpcMessage, body: string): Promise<void> => {
    const keepsUp = stream.write(encodeFrame(body));
    options.onWrite?.(message);
    if (stream.writableLength > LIMITS.unsentBytes) {
      fail(new FramingError(`The peer left ${String(stream.writableLength)} bytes unread.`));
    } else if (!keepsUp && options.waitForPeer === true && !stream.isPaused()) {
      stream.pause();
      stream.once('drain', () => stream.resume());
    }
    return Promise.resolve();
  };
  const writer = {
    onError: emitter<[Error, RpcMessage | undefined, number | undefined]>().on,
    onClose: closed.on,
    write: (message: RpcMessage): Promise<void> => {
      if (stream.destroyed || stream.writableEnded) return Promise.reject(new Error('The connection has ended.'));
      const body = JSON.stringify(message);
      // A UTF-16 unit is at most three bytes of UTF-8: only what comes near the bound needs counting.
      if (body.length * 3 <= options.writeBytes || Buffer.byteLength(body) <= options.writeBytes) {
        return send(message, body);
      }
      const instead = options.substitute?.(message);
      if (instead !== undefined) return send(instead, JSON.stringify(instead));
      refusal = new CondockError('too-large', `A message may have at most ${String(options.writeBytes)} bytes.`, {
        hint: 'Ask for less at once.',
      });
      return Promise.reject(refusal);
    },
    end: () => {
      stream.end();
    },
    dispose: () => undefined,
  };

  return {
    reader,
    writer,
    /** Changes how long a body of the peer may be from the next message on. */
    allowBodies: (bytes: number) => {
      decoder.limits.bodyBytes = bytes;
    },
    /** Ends the connection for the reason given. */
    fail,
    /** Why the last write was refused, once. */
    takeRefusal: (): CondockError | undefined => {
      const taken = refusal;
      refusal = undefined;
      return taken;
    },
    /** False while what was written waits for the peer to read. */
    keepsUp: () => !stream.writableNeedDrain,
  };
}

export type MessageStreams = ReturnType<typeof createMessageStreams>;

function parse(body: string): RpcMessage {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new FramingError('A message is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FramingError('A message is not a JSON object (batches are not part of this protocol).');
  }
  if (!('jsonrpc' in value) || value.jsonrpc !== '2.0') throw new FramingError('A message is not JSON-RPC 2.0.');
  return value as RpcMessage;
}
