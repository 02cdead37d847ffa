import { createHash } from 'node:crypto';

/**
 * Where a user's daemon is found. Pure functions: nothing here touches a disk.
 *
 * Each daemon listens on a socket of its own with a random name and registers by `link(2)` to
 * `daemon.<N+1>.json` in the runtime directory; the highest N is the truth, and liveness is a connect, not a pid.
 */

/** The content of `daemon.<N>.json` (mode 0600). */
export interface Registration {
  version: string;
  protocol: { major: number; minor: number };
  pid: number;
  /** Path of the Unix socket, or of the Windows named pipe. */
  address: string;
  /** 32 random bytes in hex; proves to either side that the other may read this file. Never logged. */
  token: string;
  startedAt: string;
}

/** A Unix socket's path may have at most this many bytes; Node cuts longer ones without a word. */
export const MAX_SOCKET_PATH_BYTES = 103;

export interface Places {
  /** Store, state that may be deleted. */
  cache: string;
  /** Configuration that the user writes. */
  config: string;
  /** Sockets and registrations; 0700. */
  runtime: string;
  /** The daemon's logs. */
  logs: string;
}

export interface PlacesInput {
  env: Readonly<Record<string, string | undefined>>;
  platform: string;
  homedir: string;
  tmpdir: string;
  /** Numeric user id, where the platform has one. */
  uid?: number | undefined;
}

/**
 * Where Condock keeps its things: all below `$CONDOCK_HOME` if set, else the platform's own directories. Where the
 * runtime directory is too deep for a socket, a short one in the temporary directory takes its place, named after the
 * user and the directory that it stands for.
 */
export function resolvePlaces(input: PlacesInput): Places {
  const places = preferredPlaces(input);
  return { ...places, runtime: shortRuntime(places.runtime, input) };
}

function preferredPlaces(input: PlacesInput): Places {
  const { env, platform, homedir } = input;
  const join = (...parts: string[]) => parts.join(platform === 'win32' ? '\\' : '/');
  const home = absolute(env.CONDOCK_HOME, platform);
  if (home !== undefined) {
    return {
      cache: join(home, 'cache'),
      config: join(home, 'config'),
      runtime: join(home, 'run'),
      logs: join(home, 'logs'),
    };
  }
  if (platform === 'win32') {
    const local = absolute(env.LOCALAPPDATA, platform) ?? join(homedir, 'AppData', 'Local');
    const roaming = absolute(env.APPDATA, platform) ?? join(homedir, 'AppData', 'Roaming');
    const base = join(local, 'condock');
    return {
      cache: join(base, 'cache'),
      config: join(roaming, 'condock'),
      runtime: join(base, 'run'),
      logs: join(base, 'logs'),
    };
  }
  if (platform === 'darwin') {
    const library = join(homedir, 'Library');
    return {
      cache: join(library, 'Caches', 'condock'),
      config: join(library, 'Application Support', 'condock'),
      runtime: join(library, 'Caches', 'condock', 'run'),
      logs: join(library, 'Logs', 'condock'),
    };
  }
  const cache = join(absolute(env.XDG_CACHE_HOME, platform) ?? join(homedir, '.cache'), 'condock');
  const runtime = absolute(env.XDG_RUNTIME_DIR, platform);
  return {
    cache: join(cache),
    config: join(absolute(env.XDG_CONFIG_HOME, platform) ?? join(homedir, '.config'), 'condock'),
    runtime: runtime === undefined ? join(cache, 'run') : join(runtime, 'condock'),
    logs: join(absolute(env.XDG_STATE_HOME, platform) ?? join(homedir, '.local', 'state'), 'condock', 'logs'),
  };
}

function shortRuntime(runtime: string, { platform, tmpdir, uid }: PlacesInput): string {
  const fits = (directory: string) => Buffer.byteLength(`${directory}/${SOCKET_NAME_SAMPLE}`) <= MAX_SOCKET_PATH_BYTES;
  // A Windows pipe has a name of its own and does not lie in the directory.
  if (platform === 'win32' || fits(runtime)) return runtime;
  const name = `condock-${String(uid ?? 'user')}-${createHash('sha256').update(runtime).digest('hex').slice(0, 12)}`;
  const short = `${absolute(tmpdir, platform) ?? '/tmp'}/${name}`;
  return fits(short) ? short : `/tmp/${name}`;
}

const SOCKET_NAME_SAMPLE = `d.${'0'.repeat(16)}.sock`;
const SOCKET_NAME = /^d\.[0-9a-f]{16}\.sock$/;

/** True for the file name of a daemon's socket. */
export function isSocketFileName(fileName: string): boolean {
  return SOCKET_NAME.test(fileName);
}

/**
 * Where a new daemon listens: a socket in the runtime directory, on Windows a named pipe.
 * @param random 16 hex digits
 */
export function daemonAddress(runtime: string, random: string, platform: string): string {
  return platform === 'win32' ? `\\\\.\\pipe\\condock-${random}` : `${runtime}/d.${random}.sock`;
}

// The XDG specification asks that relative values be ignored; the same is sound for ours.
function absolute(value: string | undefined, platform: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  const isAbsolute = platform === 'win32' ? /^([a-z]:)?[\\/]/i.test(value) : value.startsWith('/');
  return isAbsolute ? value.replace(/[\\/]+$/, '') || value : undefined;
}

const REGISTRATION = /^daemon\.(\d{1,15})\.json$/;

export function registrationFileName(generation: number): string {
  return `daemon.${String(generation)}.json`;
}

/** The generation in a registration file's name, or undefined for any other file. */
export function registrationGeneration(fileName: string): number | undefined {
  const match = REGISTRATION.exec(fileName);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** Reads a registration; undefined for anything that is not one (half-written files, other tools' files). */
export function parseRegistration(text: string): Registration | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const r = value as Partial<Registration>;
  const ok =
    typeof r.version === 'string' &&
    typeof r.pid === 'number' &&
    typeof r.address === 'string' &&
    typeof r.token === 'string' &&
    /^[0-9a-f]{64}$/.test(r.token) &&
    typeof r.protocol?.major === 'number' &&
    typeof r.protocol.minor === 'number';
  return ok ? (r as Registration) : undefined;
}

/** What each side signs in the handshake with the token as HMAC-SHA-256 key. */
export const proofText = {
  daemon: (clientNonce: string, daemonNonce: string) => `condock-daemon:${clientNonce}:${daemonNonce}`,
  client: (daemonNonce: string, clientNonce: string) => `condock-client:${daemonNonce}:${clientNonce}`,
};
