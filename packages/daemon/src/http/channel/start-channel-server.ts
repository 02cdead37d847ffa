import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CondockError, type ResultOf, toCondockError } from '@condock/protocol';
import type { ChannelServer } from '../../engine/channels/channel-server.ts';
import type { ChannelMap } from '../../engine/resolve/channel-map.ts';
import type { Transfers } from '../../engine/transfer/transfers.ts';
import { formatOciChannel } from '../../layout/channel.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { refuse } from '../registry/access.ts';
import { serveFile } from './channel-files.ts';
import type { ChannelState, ChannelStateFile } from './channel-state.ts';
import { ListedDigests } from './listed-digests.ts';
import { ManifestSource } from './manifest-source.ts';
import { parsePath } from './request-path.ts';
import { nameFor, upstreamsOf } from './upstreams.ts';

export interface ChannelServerParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
  mapFor: (path: string | undefined) => ChannelMap;
  state: ChannelStateFile;
  now: () => number;
  log: (message: string) => void;
  sleep: (milliseconds: number) => Promise<void>;
  /** Told when the daemon has to stay for the sake of the channel, and when it need not any more. */
  busyChanged: (busy: boolean) => void;
}

/** How often a port is tried again that another has: the daemon before this one, say, which ends its last job. Milliseconds. */
const AGAIN = 500;

export interface ResumableChannelServer extends ChannelServer, AsyncDisposable {
  /**
   * Opens the channel where it was open when the process before this one ended, as soon as its port is free: no client knows
   * another.
   */
  resume(): Promise<void>;
}

/** A page in a browser can be made to call us under a name of its choice (DNS rebinding); it knows no secret, and yet. */
const ACCESS = { names: new Set(['localhost']), anyAddress: false, auth: undefined };

/** The loopback channel: conda channels over plain HTTP for this machine's conda clients, out of registries and the store. */
export function createChannelServer(parts: ChannelServerParts): ResumableChannelServer {
  let server: Server | undefined;
  /** Of `server`; `state.port` is the one that clients know. */
  let listening = 0;
  let ended = false;
  let requests = 0;
  let offline = false;
  let state: ChannelState = parts.state.read();
  const manifests = new ManifestSource({ ...parts, answered: (isOnline) => (offline = !isOnline) });
  const listed = new ListedDigests(parts.store, manifests);

  const save = (change: Partial<ChannelState>): void => {
    state = { ...state, ...change };
    parts.state.write(state);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests += 1;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      if ((await refuse(request, ACCESS)) !== undefined) return void response.writeHead(403).end();
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return void response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      const asked = parsePath(request.url ?? '', state.secret);
      const known = asked !== undefined && Object.hasOwn(state.channels, asked.channel);
      const channel = known ? state.channels[asked.channel] : undefined;
      if (asked === undefined || channel === undefined) return void response.writeHead(404).end();
      await serveFile(
        asked,
        upstreamsOf(channel, parts.mapFor(undefined)),
        request,
        response,
        { ...parts, manifests, listed },
        { signal: gone.signal },
      );
    } catch (error) {
      if (!gone.signal.aborted) answerFailure(toCondockError(error), response, parts.log);
    }
  };

  const open = async (port: number): Promise<void> => {
    const opened = createServer((request, response) => void handle(request, response));
    await listen(opened, port);
    if (server !== undefined || ended) return void opened.close();
    server = opened;
    listening = (opened.address() as AddressInfo).port;
    parts.busyChanged(true);
  };
  /** An address is given to somebody: it is to be the same after this process. */
  const remember = (): void => {
    if (!state.serving || state.port !== listening) save({ port: listening, serving: true });
  };

  const describe = (name: string, channel: string): ResultOf<'channel/url'> => {
    const { registries, https } = upstreamsOf(channel, parts.mapFor(undefined));
    return {
      name,
      url: `${base() ?? ''}/${name}`,
      upstreams: [...registries.map((r) => formatOciChannel(r.channel)), ...(https === undefined ? [] : [https])],
    };
  };
  const base = (): string | null => (server === undefined ? null : `http://127.0.0.1:${listening}/${state.secret}`);
  const status = (): ResultOf<'channel/status'> => ({
    running: server !== undefined,
    base: base(),
    channels: Object.entries(state.channels).map(([name, url]) => describe(name, url)),
    offline,
    requests,
  });
  const serve = async ({ port }: { port?: number }): Promise<ResultOf<'channel/serve'>> => {
    if (server !== undefined && port !== undefined && port !== 0 && port !== listening) await close();
    if (server === undefined) await openSomewhere(port);
    remember();
    return status();
  };
  /** The port of the last time is in clients' configurations: it is taken again if it can be had. */
  const openSomewhere = async (port: number | undefined): Promise<void> => {
    try {
      await open(port ?? state.port);
    } catch (error) {
      if (port !== undefined || state.port === 0) throw taken(port ?? 0, error);
      parts.log(`Port ${state.port} of the loopback channel is taken; another one is used.`);
      await open(0);
    }
  };
  const reopen = async (): Promise<void> => {
    while (server === undefined && state.serving && !ended) {
      await parts.sleep(AGAIN);
      // In vain: once more.
      await open(state.port).catch(() => undefined);
    }
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    closing.closeAllConnections();
    await new Promise<void>((resolve) => closing.close(() => resolve()));
    parts.busyChanged(false);
  };

  return {
    serve,
    stop: async () => {
      await close();
      save({ serving: false });
    },
    status,
    urlOf: async (text) => {
      const channel = checkChannel(text);
      if (server === undefined) await openSomewhere(undefined);
      remember();
      const name = nameFor(channel, state.channels);
      if (state.channels[name] !== channel) save({ channels: { ...state.channels, [name]: channel } });
      return describe(name, channel);
    },
    resume: async () => {
      if (!state.serving || server !== undefined) return;
      try {
        await open(state.port);
      } catch {
        parts.log(`Port ${state.port} of the loopback channel is taken; the channel is opened once it is free.`);
        void reopen();
      }
    },
    busy: () => server !== undefined,
    changed: (channel) => manifests.forget(channel.replace(/^oci:\/\//, '')),
    [Symbol.asyncDispose]: () => {
      ended = true;
      return close();
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function checkChannel(text: string): string {
  const channel = text.replace(/\/+$/, '');
  let url: URL | undefined;
  try {
    url = new URL(channel);
  } catch {
    // Said below.
  }
  if (url === undefined || !['oci:', 'https:', 'http:'].includes(url.protocol) || url.pathname.length < 2) {
    throw new CondockError('usage', `"${text}" is no channel URL.`, {
      hint: 'Examples: https://conda.anaconda.org/conda-forge, oci://HOST/CHANNEL',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new CondockError('usage', 'A channel URL must not carry a user name or a password.', {
      hint: 'Sign in with "condock login".',
    });
  }
  return channel;
}

function taken(port: number, cause: unknown): CondockError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CondockError('unreachable', `The loopback channel can't listen on port ${port}: ${reason}`, {
    hint: 'Name another with --port.',
    cause,
  });
}

const STATUS: Partial<Record<CondockError['code'], number>> = {
  absent: 404,
  'illegal-name': 404,
  'login-required': 401,
  denied: 403,
  timeout: 504,
  unreachable: 502,
  'rate-limited': 429,
};

function answerFailure(error: CondockError, response: ServerResponse, log: (message: string) => void): void {
  log(`loopback channel: ${error.code}: ${error.message}`);
  // Half an answer can't be taken back; the client sees that it is cut.
  if (response.headersSent) response.destroy();
  else
    response
      .writeHead(STATUS[error.code] ?? 502, { 'Content-Type': 'text/plain' })
      .end(`${error.message}\n${error.hint ?? ''}\n`);
}
