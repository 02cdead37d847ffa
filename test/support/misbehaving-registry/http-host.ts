import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificate } from './certificate.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { Answer, Behaviour, SeenRequest } from './types.ts';

export interface HttpHostOptions {
  /** A loopback address; default 127.0.0.1. */
  address?: string;
  certificate?: Certificate | undefined;
  /** May grow and shrink while the host runs. */
  behaviours: readonly Behaviour[];
  /** What is said of a request when no behaviour has something else in mind. `complete`: the whole body came. */
  honest: (request: SeenRequest, complete: boolean) => Promise<Answer>;
}

export interface HttpHost extends AsyncDisposable {
  /** `127.0.0.1:1234`. */
  readonly host: string;
  readonly url: string;
  readonly recorder: Recorder;
  stop: () => Promise<void>;
}

/** A server whose answers go through behaviours and on to the wire, with lines cut and stalled as they say. */
export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const { address = '127.0.0.1', certificate, behaviours, honest } = options;
  if (!/^127\.|^::1$/.test(address)) throw new Error(`${address} is no loopback address`);
  const recorder = createRecorder();
  const stopping = new AbortController();
  const sockets = new Set<Socket>();
  const running = new Set<Promise<void>>();

  let url = '';
  const parts: ExchangeParts = { recorder, behaviours, honest, origin: () => url, signal: stopping.signal };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const work = exchange(request, response, parts).catch(() => {
      // The client has gone, or the registry stops: nobody is left to be answered.
      response.destroy();
    });
    running.add(work);
    void work.finally(() => running.delete(work));
  };
  const settings = { maxHeaderSize: 1024 * 1024, requestTimeout: 0 };
  const server =
    certificate === undefined
      ? createServer(settings, handle)
      : createTlsServer({ ...settings, ...certificate }, handle);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.on(certificate === undefined ? 'connection' : 'secureConnection', recorder.listenTo);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = `${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
  const stop = async (): Promise<void> => {
    stopping.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
    await Promise.all(running);
  };
  url = `${certificate === undefined ? 'http' : 'https'}://${host}`;
  return { host, url, recorder, stop, [Symbol.asyncDispose]: stop };
}

interface ExchangeParts extends Pick<HttpHostOptions, 'behaviours' | 'honest'> {
  recorder: Recorder;
  origin: () => string;
  signal: AbortSignal;
}

async function exchange(request: IncomingMessage, response: ServerResponse, parts: ExchangeParts): Promise<void> {
  const head = describe(request, parts.origin());
  const behaviours = [...parts.behaviours];
  const limits = behaviours.map((b) => b.cutRequestAfter?.(head)).filter((n) => n !== undefined);
  const limit = limits.length === 0 ? undefined : Math.min(...limits);
  const { body, complete } = await readBody(request, limit);
  const seen = parts.recorder.add(Object.assign(head, { body }));
  if (!complete) {
    await parts.honest(seen, false);
    request.destroy();
    return;
  }
  const ask = (at: number, asked: SeenRequest): Promise<Answer> => {
    const current = behaviours[at];
    if (current === undefined) return parts.honest(asked, true);
    if (current.answer === undefined) return ask(at + 1, asked);
    return current.answer(asked, (changed) => ask(at + 1, { ...asked, ...changed }));
  };
  const answer = await ask(0, seen);
  seen.status = answer.status;
  if (answer.delayMs !== undefined) await sleep(answer.delayMs, undefined, { signal: parts.signal });
  await send(answer, request, response);
}

async function send(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bodiless = request.method === 'HEAD' || answer.status === 204 || answer.status === 304;
  const length = bodiless ? {} : { 'content-length': answer.body.length };
  response.writeHead(answer.status, { ...length, ...answer.headers });
  response.flushHeaders();
  if (bodiless) return void response.end();
  const claimed = Number(response.getHeader('content-length'));
  const cut = answer.cutAfter ?? (claimed > answer.body.length ? answer.body.length : undefined);
  const until = Math.min(cut ?? Infinity, answer.stallAfter ?? Infinity);
  if (until === Infinity) return void response.end(answer.body);
  if (until > 0) await written(response, answer.body.subarray(0, until));
  if (cut === until) response.socket?.destroySoon();
}

function written(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => response.write(bytes, (e) => (e ? reject(e) : resolve())));
}

/** What came; not complete where the line broke, or was broken after `limit` bytes. */
async function readBody(
  request: IncomingMessage,
  limit: number | undefined,
): Promise<{ body: Buffer; complete: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The line is cut by the caller, after the honest registry has taken in what came.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (limit !== undefined && size > limit) break;
    }
  } catch {
    return { body: Buffer.concat(chunks), complete: false };
  }
  const all = Buffer.concat(chunks);
  return limit !== undefined && size > limit
    ? { body: all.subarray(0, limit), complete: false }
    : { body: all, complete: true };
}

function describe(request: IncomingMessage, origin: string): Omit<SeenRequest, 'body'> {
  const { method = '', url = '/' } = request;
  const at = url.indexOf('?');
  const path = at === -1 ? url : url.slice(0, at);
  const query = new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
  const { headers, rawHeaders } = request;
  return { index: -1, origin, method, url, path, query, headers, rawHeaders, status: undefined, ...classify(path) };
}

const FORMS: readonly [SeenRequest['kind'], RegExp][] = [
  ['ping', /^\/v2\/?$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['upload', /^\/v2\/(.+)\/blobs\/uploads(?:\/[^/]*)?$/],
  ['blob', /^\/v2\/(.+)\/blobs\/[^/]+$/],
  ['manifest', /^\/v2\/(.+)\/manifests\/[^/]+$/],
  ['tags', /^\/v2\/(.+)\/tags\/list$/],
  ['referrers', /^\/v2\/(.+)\/referrers\/[^/]+$/],
  ['token', /^\/token$/],
];

function classify(path: string): Pick<SeenRequest, 'kind' | 'repository'> {
  for (const [kind, form] of FORMS) {
    const match = form.exec(path);
    if (match !== null) return { kind, repository: match[1] ?? '' };
  }
  return { kind: 'other', repository: '' };
}
