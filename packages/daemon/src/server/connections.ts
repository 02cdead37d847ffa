import type { Server, Socket } from 'node:net';
import type { Places, Registration, ResultOf, Timers } from '@condock/protocol';
import { serveConnection, type Connection, type ConnectionHome } from './connection.ts';
import type { ServedHost } from './engine-calls.ts';
import { watchIdle } from './idle-watch.ts';
import type { Log } from './log.ts';

/** Why a daemon ended: nobody needed it, or somebody asked for it. */
export type EndReason = 'idle' | 'stopped';

export interface ConnectionsOptions {
  listener: Server;
  registration: Registration;
  host: () => Promise<ServedHost>;
  places: Places;
  version: string;
  log: Log;
  timers: Timers;
  idleMs: number;
  busy: () => boolean;
  limits: { connections: number; requestsInFlight: number; handshakeMs: number };
  onEnd?: (reason: EndReason) => void;
}

/** All connections of a daemon, and its end: idle, drained or forced. */
export interface Connections {
  /** Starts the engine and the idle clock; called when the daemon is elected. */
  begin(): void;
  drain(reason: EndReason, force: boolean): void;
  status: () => ResultOf<'daemon/status'>;
  readonly ended: Promise<EndReason>;
  /** For a process that is not the daemon: closes the socket, tells nobody. */
  close(): Promise<void>;
}

/** How long a job that was aborted may take to stop before the daemon ends without it. */
const FORCED_MS = 2000;

export function createConnections(options: ConnectionsOptions): Connections {
  const { listener, registration, log, timers } = options;
  const connections = new Set<Connection>();
  let sequence = 0;
  let jobs = 0;
  let draining = false;
  let whenJobsEnd: (() => void) | undefined;
  let notifications: Disposable | undefined;
  let announceEnd!: (reason: EndReason) => void;
  const ended = new Promise<EndReason>((resolve) => (announceEnd = resolve));

  const clients = () => [...connections].filter((c) => c.isAuthenticated).length;
  const idle = watchIdle({
    idleMs: options.idleMs,
    timers,
    isQuiet: () => jobs === 0 && clients() === 0,
    isBusy: options.busy,
    onIdle: () => {
      drain('idle', false);
    },
  });

  const status = (): ResultOf<'daemon/status'> => ({
    version: options.version,
    pid: registration.pid,
    home: options.places.cache,
    address: registration.address,
    log: log.path,
    startedAt: registration.startedAt,
    clients: clients(),
    jobs,
    draining,
    memory: process.memoryUsage.rss(),
    node: process.version,
  });

  const home: ConnectionHome = {
    token: registration.token,
    version: options.version,
    pid: registration.pid,
    log,
    timers,
    limits: options.limits,
    host: options.host,
    status,
    stop: (force) => {
      drain('stopped', force);
    },
    isDraining: () => draining,
    jobStarted: () => {
      jobs += 1;
      idle.update();
    },
    jobEnded: () => {
      jobs -= 1;
      idle.update();
      if (jobs === 0) whenJobsEnd?.();
    },
    authenticated: () => {
      idle.update();
    },
    closed: (connection) => {
      connections.delete(connection);
      idle.update();
      if (!connection.isAuthenticated) return;
      options.host().then(
        (host) => {
          host.connectionClosed(connection.id);
        },
        () => undefined,
      );
    },
  };

  listener.on('connection', (socket: Socket) => {
    if (draining || connections.size >= options.limits.connections) {
      log.warn('connection refused', { connections: connections.size, draining });
      socket.destroy();
      return;
    }
    sequence += 1;
    connections.add(serveConnection(socket, `c${String(sequence)}`, home));
  });
  listener.on('error', (error) => {
    log.error('the socket failed', { error });
  });

  const jobsEnd = (limitMs: number | undefined): Promise<void> =>
    new Promise((resolve) => {
      if (jobs === 0) {
        resolve();
        return;
      }
      whenJobsEnd = resolve;
      if (limitMs !== undefined) timers.after(limitMs, resolve);
    });

  const end = async (reason: EndReason, force: boolean): Promise<void> => {
    for (const connection of connections) {
      connection.notify('daemon/draining', {});
      if (force) connection.abortJobs();
    }
    await jobsEnd(force ? FORCED_MS : undefined);
    notifications?.[Symbol.dispose]();
    await Promise.all([...connections].map((connection) => connection.finish()));
    log.info('daemon ended', { reason });
    announceEnd(reason);
    options.onEnd?.(reason);
  };

  function drain(reason: EndReason, force: boolean): void {
    if (draining) {
      if (force) for (const connection of connections) connection.abortJobs();
      return;
    }
    draining = true;
    idle.stop();
    // At once: a successor may register as soon as a connect is refused.
    listener.close();
    log.info('draining', { reason, force, jobs });
    // After the answer to the request that asked for it.
    setImmediate(() => void end(reason, force));
  }

  return {
    begin: () => {
      idle.update();
      options.host().then(
        (host) => {
          notifications = host.onNotification((name, params, to) => {
            for (const connection of connections) {
              if (to === undefined || connection.id === to) connection.notify(name, params);
            }
          });
        },
        (error: unknown) => {
          log.error('the engine could not start', { error });
        },
      );
    },
    drain,
    status,
    ended,
    close: async () => {
      draining = true;
      idle.stop();
      for (const connection of connections) void connection.finish();
      await new Promise<void>((resolve) => {
        listener.close(() => {
          resolve();
        });
      });
    },
  };
}
