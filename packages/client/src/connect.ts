import { homedir, tmpdir } from 'node:os';
import { CondockError, LIMITS, PROTOCOL_VERSION, resolvePlaces, type Places } from '@condock/protocol';
import { defaultDaemonCommand, type DaemonCommand } from './daemon-command.ts';
import { connectSocket, findRegistration } from './find-daemon.ts';
import type { SocketClient } from './socket-client.ts';
import { cancelled } from './until-aborted.ts';

export interface ConnectOptions {
  /** Who connects; shown in the daemon's log. */
  client: { name: string; version: string };
  /** Start a daemon where none answers; default true. */
  start?: boolean;
  /** Default: by `env` and the platform. A new daemon has only `env` to find them by. */
  places?: Places;
  /** Default `process.env`; what of it a new daemon needs is passed on. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Default: the daemon that is installed beside this client. A function is asked only where a daemon has to be started. */
  daemonCommand?: DaemonCommand | (() => Promise<DaemonCommand>);
  signal?: AbortSignal | undefined;
  /** Milliseconds for finding, starting and greeting together; default 15,000. */
  timeoutMs?: number;
}

/** How often a daemon may end between our finding it and our greeting it. */
const MAX_ATTEMPTS = 5;

/** Where this user's daemon is looked for, given an environment. */
export function defaultPlaces(env: Readonly<Record<string, string | undefined>> = process.env): Places {
  return resolvePlaces({
    env,
    platform: process.platform,
    homedir: homedir(),
    tmpdir: tmpdir(),
    uid: process.getuid?.(),
  });
}

/**
 * A client of the user's daemon, which is started where none answers. Rejects with `daemon-unavailable` (none, and none
 * could be started: the message says why), `protocol-mismatch`, `insecure`, `timeout`, `cancelled`, or what `daemonCommand`
 * rejects with.
 */
export async function connect(options: ConnectOptions): Promise<SocketClient> {
  const { start = true, env = process.env, signal, timeoutMs = 15_000 } = options;
  const places = options.places ?? defaultPlaces(env);
  const deadline = performance.now() + timeoutMs;
  let mayReplace = start;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (signal?.aborted === true) throw cancelled();
    const left = Math.max(1, deadline - performance.now());
    const client = await attach(places, options.client, left);
    if (client !== undefined) {
      if (!shouldReplace(client, mayReplace)) return client;
      await client.close();
      mayReplace = false;
    }
    if (!start) throw noDaemon(places);
    if (places.runtime !== defaultPlaces(env).runtime) throw strayPlaces(places);
    const command = await commandOf(options.daemonCommand);
    const { startDaemon } = await import('./start-daemon.ts');
    await startDaemon({ command, env, timeoutMs: left, signal });
  }
  throw new CondockError('daemon-unavailable', 'Every daemon that was found ended before it could be greeted.', {
    hint: '"condock daemon log" says why; --no-daemon works without one.',
  });
}

async function commandOf(given: ConnectOptions['daemonCommand']): Promise<DaemonCommand> {
  return typeof given === 'function' ? await given() : (given ?? defaultDaemonCommand());
}

async function attach(
  places: Places,
  client: { name: string; version: string },
  timeoutMs: number,
): Promise<SocketClient | undefined> {
  const registration = findRegistration(places.runtime, process.getuid?.());
  if (registration === undefined) return undefined;
  const limit = Math.min(timeoutMs, LIMITS.handshakeMs);
  // JSON-RPC is loaded while the daemon takes the connection, and not at all by a command that needs no daemon.
  const [socket, { socketClient }] = await Promise.all([
    connectSocket(registration.address, limit),
    import('./socket-client.ts'),
  ]);
  if (socket === undefined) return undefined;
  try {
    return await socketClient(socket, { token: registration.token, client, timeoutMs: limit });
  } catch (error) {
    // It ended while we greeted it.
    if (error instanceof CondockError && error.code === 'daemon-unavailable') return undefined;
    throw error;
  }
}

/**
 * Same major attaches. A daemon of an older protocol is replaced where we may start one (the new one asks it to give
 * way); a lower minor alone is kept where not. Throws `protocol-mismatch` for a major that can't be used.
 */
function shouldReplace({ protocol, daemon }: SocketClient, mayReplace: boolean): boolean {
  const ours = PROTOCOL_VERSION;
  if (protocol.major === ours.major) return mayReplace && protocol.minor < ours.minor;
  if (protocol.major < ours.major && mayReplace) return true;
  const age = protocol.major < ours.major ? 'older' : 'newer';
  throw new CondockError(
    'protocol-mismatch',
    `The daemon that runs (${daemon.version}) is of ${age === 'older' ? 'an older' : 'a newer'} protocol.`,
    {
      hint: age === 'older' ? 'Run "condock daemon stop", then try again.' : 'Update this Condock.',
    },
  );
}

function noDaemon(places: Places): CondockError {
  return new CondockError('daemon-unavailable', `No Condock daemon answers in ${places.runtime}.`, {
    hint: 'Start one with "condock daemon start", or use --no-daemon.',
  });
}

function strayPlaces(places: Places): CondockError {
  return new CondockError('usage', `A daemon started with this environment would not be found in ${places.runtime}.`, {
    hint: 'Give an environment whose CONDOCK_HOME leads there.',
  });
}
