import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CondockError, toCondockError } from '@condock/protocol';
import { type BasicAuth, isLoopbackAddress, refuse } from './access.ts';
import type { RegistryParts } from './exchange.ts';
import { openRegistryStore } from './registry-store.ts';
import { errorReply, type Reply, sendReply } from './reply.ts';
import { route } from './router.ts';
import { openUploadSessions } from './upload-sessions.ts';

export interface StartRegistryOptions {
  /** For this registry alone; made where it is missing. What a killed registry left there is taken up again. */
  directory: string;
  /** Address to listen on; default 127.0.0.1. Another than a loopback address needs `exposeAs`. */
  host?: string;
  /** Default 0: any that is free. */
  port?: number;
  /** Host names under which clients may reach the registry besides loopback addresses and `localhost`. */
  exposeAs?: readonly string[];
  /** One line per answer, and one per failure. */
  log?: (message: string, facts: Readonly<Record<string, string | number>>) => void;
  /** Undefined: everybody who reaches it may read and write. */
  auth?: BasicAuth | undefined;
  /** Epoch milliseconds; default the system's. */
  clock?: () => number;
  /** Milliseconds without a byte after which an upload is given up; default a day. */
  uploadExpiryMs?: number;
}

export interface RunningRegistry extends AsyncDisposable {
  /** As it stands in references: `127.0.0.1:5000`. */
  host: string;
  /** `http://127.0.0.1:5000`. */
  url: string;
  /** Ends listening and every line, and waits until nothing is written any more. */
  stop(): Promise<void>;
}

/** Milliseconds without a byte in either direction after which a line is cut. */
const SILENCE_MS = 120_000;

/**
 * An OCI registry over one directory (distribution-spec v1.1: pull, push, discovery, management), http on loopback.
 * Throws `insecure` for an address that is not loopback and was not asked for, `store-failed` where directory or port can't
 * be had.
 */
export async function startRegistry(options: StartRegistryOptions): Promise<RunningRegistry> {
  const { directory, host = '127.0.0.1', port = 0, log = () => undefined, clock = Date.now } = options;
  const exposed = options.exposeAs !== undefined;
  if (!isLoopbackAddress(host) && !exposed) {
    throw new CondockError('insecure', `A registry on ${host} would be open to other machines.`, {
      hint: 'Listen on 127.0.0.1, or name the host under which others shall reach it.',
    });
  }
  const parts = await openRegistryParts(directory, clock, options.uploadExpiryMs ?? 24 * 60 * 60 * 1000);
  const names = new Set(['localhost', ...(options.exposeAs ?? []).map((n) => n.toLowerCase())]);
  const access = { names, anyAddress: exposed, auth: options.auth };
  const running = new Set<Promise<void>>();

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    const work = serve(request, response, { parts, access, log });
    running.add(work);
    void work.finally(() => running.delete(work));
  });
  server.setTimeout(SILENCE_MS);
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const authority = `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${String(address.port)}`;

  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await Promise.all(running);
  };
  return { host: authority, url: `http://${authority}`, stop, [Symbol.asyncDispose]: stop };
}

/** What a registry works with, over its directory. */
export async function openRegistryParts(root: string, clock: () => number, expireMs: number): Promise<RegistryParts> {
  try {
    return { store: await openRegistryStore(root), uploads: await openUploadSessions({ root, clock, expireMs }) };
  } catch (error) {
    throw new CondockError('store-failed', `The registry's directory ${root} can't be used: ${reason(error)}.`, {
      hint: 'Check that it is a directory which you may write to.',
      cause: error,
    });
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const message = `The registry can't listen on ${host}, port ${String(port)}: ${reason(error)}.`;
      reject(new CondockError('store-failed', message, { hint: 'Choose another port; 0 takes any.', cause: error }));
    });
    server.listen({ host, port }, resolve);
  });
}

interface ServeOptions {
  parts: RegistryParts;
  access: Parameters<typeof refuse>[1];
  log: NonNullable<StartRegistryOptions['log']>;
}

/** Never rejects. */
async function serve(request: IncomingMessage, response: ServerResponse, options: ServeOptions): Promise<void> {
  const { method = '', url = '/' } = request;
  const [path = '/', search = ''] = splitOnce(url, '?');
  try {
    const reply = await answer(request, path, new URLSearchParams(search), options);
    options.log('registry request', { method, path, status: reply.status });
    await sendReply(reply, request, response);
  } catch (error) {
    if (request.destroyed && !request.complete) options.log('registry line broke', { method, path });
    else options.log('registry failure', { method, path, reason: reason(error) });
    response.destroy();
  }
}

async function answer(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
  { parts, access, log }: ServeOptions,
): Promise<Reply> {
  const refusal = await refuse(request, access);
  if (refusal !== undefined) return refusal;
  try {
    return await route({ ...parts, request, query }, path);
  } catch (error) {
    if (request.destroyed && !request.complete) throw error;
    if (toCondockError(error).code === 'conflict') return errorReply(409, 'BLOB_UPLOAD_INVALID', reason(error));
    log('registry failure', { method: request.method ?? '', path, reason: reason(error) });
    return errorReply(500, 'UNKNOWN', 'The registry could not read or write its directory.');
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
