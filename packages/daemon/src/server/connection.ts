import type { Socket } from 'node:net';
import {
  CondockError,
  createMessageStreams,
  LIMITS,
  toCondockError,
  toWireError,
  type ResultOf,
  type RpcMessage,
  type Timers,
} from '@condock/protocol';
import { PROTOCOL_VERSION } from '@condock/protocol';
import { createMessageConnection, ResponseError, type CancellationToken } from 'vscode-jsonrpc/node';
import { callEngine, type ServedHost } from './engine-calls.ts';
import { createHandshake, notInitialized } from './handshake.ts';
import type { Log } from './log.ts';
import { createRequestGate } from './request-gate.ts';

/** What a connection needs to know of the server that it belongs to. */
export interface ConnectionHome {
  token: string;
  version: string;
  pid: number;
  log: Log;
  timers: Timers;
  limits: { requestsInFlight: number; handshakeMs: number };
  host: () => Promise<ServedHost>;
  status: () => ResultOf<'daemon/status'>;
  /** Begins to end the daemon. */
  stop: (force: boolean) => void;
  isDraining: () => boolean;
  jobStarted: () => void;
  jobEnded: () => void;
  authenticated: (connection: Connection) => void;
  closed: (connection: Connection) => void;
}

export interface Connection {
  readonly id: string;
  readonly isAuthenticated: boolean;
  /** Sends a notification where the peer has authenticated; one that can't be sent is lost with the connection. */
  notify(method: string, params: object): void;
  /** Aborts everything that this connection has asked for. */
  abortJobs(): void;
  /** Ends the connection when what was asked has been answered, or after a grace. */
  finish(): Promise<void>;
}

const FINISH_MS = 1000;

/** One client's connection: handshake, the daemon's own methods, and everything else to the engine. */
export function serveConnection(socket: Socket, id: string, home: ConnectionHome): Connection {
  const { log, timers } = home;
  const handshake = createHandshake(home.token, { version: home.version, pid: home.pid });
  const jobs = new Set<AbortController>();
  const whenIdle = new Set<() => void>();
  const gate = createRequestGate({
    limit: home.limits.requestsInFlight,
    lingering: () => Math.max(0, jobs.size - gate.underWay),
    refuse: (response) => void streams.writer.write(response).catch(() => undefined),
  });
  const streams = createMessageStreams(socket, {
    read: { headerBytes: LIMITS.headerBytes, bodyBytes: LIMITS.unauthenticatedBytes },
    writeBytes: LIMITS.responseBytes,
    filter: gate.admit,
    substitute: tooLarge,
    onWrite: (message) => {
      gate.sent(message);
      if (gate.underWay === 0) for (const callback of [...whenIdle]) callback();
    },
    waitForPeer: true,
    timers,
  });
  const rpc = createMessageConnection(streams.reader, streams.writer);
  const stopHandshakeTimer = timers.after(home.limits.handshakeMs, () => {
    if (!handshake.isComplete) streams.fail(new Error('No handshake in time.'));
  });

  const connection: Connection = {
    id,
    get isAuthenticated() {
      return handshake.isComplete;
    },
    notify: (method, params) => {
      if (handshake.isComplete && !socket.destroyed) rpc.sendNotification(method, params).catch(() => undefined);
    },
    abortJobs: () => {
      for (const controller of jobs) controller.abort();
    },
    finish: async () => {
      if (socket.destroyed) return;
      await new Promise<void>((resolve) => {
        const giveUp = timers.after(FINISH_MS, () => socket.destroy());
        socket.once('close', () => {
          giveUp();
          resolve();
        });
        // Half-closed, a peer that lives ends its side; one that does not is cut off.
        const end = (): void => void socket.end(() => socket.destroySoon());
        if (gate.underWay === 0) end();
        else whenIdle.add(end);
      });
    },
  };

  const answer = async (method: string, params: unknown, token: CancellationToken): Promise<unknown> => {
    if (method === 'initialize') return handshake.initialize(params);
    if (method === 'authenticate') {
      try {
        const result = handshake.authenticate(params);
        stopHandshakeTimer();
        streams.allowBodies(LIMITS.requestBytes);
        home.authenticated(connection);
        log.debug('client', { connection: id, client: handshake.peer?.name, version: handshake.peer?.version });
        return result;
      } catch (error) {
        // One guess per connection.
        setImmediate(() => void connection.finish());
        throw error;
      }
    }
    if (!handshake.isComplete) throw notInitialized();
    if (method === 'daemon/ping') return {};
    if (method === 'daemon/status') return home.status();
    if (method === 'daemon/stop') {
      const force = typeof params === 'object' && params !== null && 'force' in params && params.force === true;
      home.stop(force);
      return { pid: home.pid };
    }
    const major = handshake.peer?.protocol.major;
    if (major !== PROTOCOL_VERSION.major) throw otherMajor(major, home.version);
    if (home.isDraining()) throw draining();
    return await runJob(method, params, token);
  };

  const runJob = async (method: string, params: unknown, token: CancellationToken): Promise<unknown> => {
    const controller = new AbortController();
    jobs.add(controller);
    home.jobStarted();
    const cancellation = token.onCancellationRequested(() => {
      controller.abort();
    });
    if (token.isCancellationRequested) controller.abort();
    try {
      return await callEngine(home.host, {
        method,
        params,
        connection: id,
        controller,
        sendProgress: (workDoneToken, value) => {
          connection.notify('$/progress', { token: workDoneToken, value });
        },
        keepsUp: streams.keepsUp,
        timers,
        settled: () => {
          jobs.delete(controller);
          home.jobEnded();
        },
      });
    } finally {
      cancellation.dispose();
    }
  };

  rpc.onRequest(async (method: string, params: unknown, token: CancellationToken): Promise<unknown> => {
    try {
      return await answer(method, params, token);
    } catch (thrown) {
      const error = toCondockError(thrown);
      if (error.code === 'internal') log.error('request failed', { connection: id, method, error: thrown });
      else log.debug('request failed', { connection: id, method, code: error.code });
      const wire = toWireError(error);
      return new ResponseError(wire.code, wire.message, wire.data);
    }
  });
  rpc.onError(([error]) => {
    log.warn('connection broken', { connection: id, reason: error.message });
  });
  socket.once('close', () => {
    stopHandshakeTimer();
    rpc.dispose();
    connection.abortJobs();
    home.closed(connection);
  });
  rpc.listen();
  return connection;
}

/** What is said instead of an answer that no client would read. */
function tooLarge(message: RpcMessage): RpcMessage | undefined {
  if (!('id' in message) || 'method' in message) return undefined;
  const error = new CondockError('too-large', `The answer is longer than ${LIMITS.responseBytes} bytes.`, {
    hint: 'Ask for less at once.',
  });
  return { jsonrpc: '2.0', id: message.id, error: toWireError(error) } as RpcMessage;
}

function otherMajor(major: number | undefined, version: string): CondockError {
  return new CondockError(
    'protocol-mismatch',
    `This daemon (${version}) speaks protocol ${PROTOCOL_VERSION.major}, the client ${major ?? 'none'}.`,
    { hint: 'Run "condock daemon stop", then try again with the newer of the two.' },
  );
}

function draining(): CondockError {
  return new CondockError('draining', 'This daemon is going away and takes no new work.', {
    hint: 'Connect again to reach its successor.',
  });
}
