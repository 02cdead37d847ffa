import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** What a client sent, whole. */
export interface SeenRequest {
  method: string;
  /** Path with query. */
  url: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export type Script = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  host: string;
  origin: string;
  /** In the order in which they came. */
  seen: SeenRequest[];
  /** `GET /v2/a` of each. */
  lines(): string[];
  /** How many connections were opened. */
  connections(): number;
  script: Script;
}

export interface ScriptedServerOptions {
  /** Default 127.0.0.1. */
  address?: string;
  tls?: { key: string; cert: string };
  /** True: the script gets requests before their bodies, which it reads itself. */
  early?: boolean;
}

/** A server on loopback that records every request and answers as its script says. */
export async function startScriptedServer(
  script: Script,
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const { address = '127.0.0.1', tls, early = false } = options;
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let opened = 0;
  const listener = (message: IncomingMessage, response: ServerResponse): void => {
    const handle = async (): Promise<void> => {
      const url = message.url ?? '';
      const parsed = new URL(url, 'http://x');
      const request: SeenRequest = {
        method: message.method ?? '',
        url,
        path: parsed.pathname,
        query: parsed.searchParams,
        headers: message.headers,
        body: Buffer.alloc(0),
      };
      seen.push(request);
      if (!early) request.body = await bodyOf(message);
      await server.script(request, response);
    };
    handle().catch(() => response.destroy());
  };
  const http = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  http.on('connection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(0, address, resolve));
  const { port } = http.address() as AddressInfo;
  const host = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const server: ScriptedServer = {
    host,
    origin: `${tls === undefined ? 'http' : 'https'}://${host}`,
    seen,
    script,
    lines: () => seen.map(({ method, url }) => `${method} ${url}`),
    connections: () => opened,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Answers with a status, headers and a body (JSON for what is no text or bytes). */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body?: string | Buffer | object,
): void {
  const bytes =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, headers).end(bytes);
}
