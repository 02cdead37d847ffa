import { randomBytes } from 'node:crypto';
import {
  CondockError,
  daemonAddress,
  LIMITS,
  PROTOCOL_VERSION,
  randomHex,
  systemTimers,
  type Places,
  type Registration,
  type ResultOf,
  type Timers,
} from '@condock/protocol';
import { askToDrain } from './ask-to-drain.ts';
import { createConnections, type Connections, type EndReason } from './connections.ts';
import { elect } from './election.ts';
import type { ServedHost } from './engine-calls.ts';
import { listen } from './listener.ts';
import type { Log } from './log.ts';
import { ensureRuntimeDirectory } from './runtime-directory.ts';
import { sweepRuntime } from './sweep.ts';

export interface StartServerOptions {
  /** The engine, or what makes it: called once, and only if this process becomes the daemon. */
  host: ServedHost | (() => Promise<ServedHost>);
  places: Places;
  /** Condock's own version. */
  version: string;
  log: Log;
  /** Called once when the socket is closed and every connection has ended; the process has nothing left to do then. */
  onEnd?: (reason: EndReason) => void;
  /** Milliseconds without client and job after which the daemon ends. */
  idleMs?: number;
  /** True while something other than a client's request needs the daemon (the loopback channel is in use, say). */
  busy?: () => boolean;
  limits?: Partial<{ connections: number; requestsInFlight: number; handshakeMs: number }>;
  timers?: Timers;
  platform?: string;
  uid?: number | undefined;
}

/** This process is the user's daemon. */
export interface DaemonServer extends AsyncDisposable {
  readonly kind: 'ready';
  readonly generation: number;
  readonly registration: Registration;
  status(): ResultOf<'daemon/status'>;
  /** Takes no new clients, lets jobs end (aborts them with `force`), and resolves when everything has ended. */
  stop(options?: { force?: boolean }): Promise<void>;
  readonly ended: Promise<EndReason>;
}

/** Another process is the user's daemon, and lives; this one has nothing to do. */
export interface AttachedElsewhere {
  readonly kind: 'attached';
  readonly registration: Registration;
}

/**
 * Makes this process the user's one daemon, or finds the one that is. Throws `insecure` (the runtime directory is not
 * ours alone), `protocol-mismatch` (a newer or an unyielding daemon lives) or `daemon-unavailable`.
 */
export async function startServer(options: StartServerOptions): Promise<DaemonServer | AttachedElsewhere> {
  const { places, version, log, platform = process.platform } = options;
  const uid = 'uid' in options ? options.uid : process.getuid?.();
  await ensureRuntimeDirectory(places.runtime, uid);
  const address = daemonAddress(places.runtime, randomBytes(8).toString('hex'), platform);
  const listener = await listen(address).catch((error: unknown) => {
    throw unavailable(`The daemon can't listen at ${address}`, error);
  });
  const registration: Registration = {
    version,
    protocol: { ...PROTOCOL_VERSION },
    pid: process.pid,
    address,
    token: randomHex(),
    startedAt: new Date().toISOString(),
  };
  // A client may come the moment that we are registered.
  const connections = createConnections({ ...options, ...resolved(options), listener, registration });
  try {
    const result = await elect({
      runtime: places.runtime,
      registration,
      askToDrain: (older) => askToDrain(older, { name: 'condockd', version }),
    });
    if (result.kind === 'attached') {
      await connections.close();
      log.info('another daemon serves', { pid: result.registration.pid, version: result.registration.version });
      return result;
    }
    log.info('daemon ready', { version, generation: result.generation, address, node: process.version });
    sweepRuntime(places.runtime, result.generation).catch((error: unknown) => {
      log.warn('the runtime directory could not be swept', { error });
    });
    return daemonServer(connections, registration, result.generation);
  } catch (error) {
    await connections.close();
    throw error instanceof CondockError ? error : unavailable('The daemon could not register', error);
  }
}

function resolved(options: StartServerOptions) {
  const makeHost = options.host;
  let host: Promise<ServedHost> | undefined;
  return {
    host: (): Promise<ServedHost> => (host ??= typeof makeHost === 'function' ? makeHost() : Promise.resolve(makeHost)),
    timers: options.timers ?? systemTimers,
    idleMs: options.idleMs ?? LIMITS.idleMs,
    busy: options.busy ?? (() => false),
    limits: {
      connections: options.limits?.connections ?? LIMITS.connections,
      requestsInFlight: options.limits?.requestsInFlight ?? LIMITS.requestsInFlight,
      handshakeMs: options.limits?.handshakeMs ?? LIMITS.handshakeMs,
    },
  };
}

function daemonServer(connections: Connections, registration: Registration, generation: number): DaemonServer {
  connections.begin();
  return {
    kind: 'ready',
    generation,
    registration,
    status: connections.status,
    stop: async ({ force = false } = {}) => {
      connections.drain('stopped', force);
      await connections.ended;
    },
    ended: connections.ended,
    [Symbol.asyncDispose]: async () => {
      connections.drain('stopped', true);
      await connections.ended;
    },
  };
}

function unavailable(what: string, cause: unknown): CondockError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CondockError('daemon-unavailable', `${what}: ${reason}`, {
    hint: 'Set CONDOCK_HOME to a directory on a local file system that has hard links, or use --no-daemon.',
    cause,
  });
}
