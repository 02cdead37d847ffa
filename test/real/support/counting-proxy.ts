import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** One request that went through, and what of its answer the client was sent. */
export interface CountedRequest {
  method: string;
  path: string;
  /** The Range that was asked for. */
  range: string | undefined;
  status: number;
  /** Bytes of the request's and of the answer's body that passed. */
  sent: number;
  received: number;
}

export interface CountingProxy extends AsyncDisposable {
  /** Stands for the registry in references. */
  readonly host: string;
  /** Since the last `reset`, in order of arrival. */
  readonly requests: readonly CountedRequest[];
  reset(): void;
  /** Called once as soon as so many body bytes, of both directions together, have passed since now. */
  after(bytes: number, then: () => void): void;
  /** Resolves when no request is under way. */
  quiet(): Promise<void>;
}

export interface CountingProxyOptions {
  /** Pieces of an answer's body wait so long each, so that a moment in its middle can be hit. Milliseconds. */
  pauseMs?: number;
}

/** A plain proxy in front of one registry that counts what passes. The Host header stays: so Locations lead through it. */
export async function startCountingProxy(target: string, options: CountingProxyOptions = {}): Promise<CountingProxy> {
  const requests: CountedRequest[] = [];
  const sockets = new Set<Socket>();
  const underWay = new Set<ServerResponse>();
  let passed = 0;
  let trap: { at: number; then: () => void } | undefined;
  const pass = (bytes: number): void => {
    passed += bytes;
    if (trap === undefined || passed < trap.at) return;
    const { then } = trap;
    trap = undefined;
    then();
  };

  const server = createServer((request, response) => {
    const counted = { method: request.method ?? '', path: request.url ?? '', range: request.headers.range };
    const entry: CountedRequest = { ...counted, status: 0, sent: 0, received: 0 };
    requests.push(entry);
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    request.on('data', (chunk: Buffer) => {
      entry.sent += chunk.length;
      pass(chunk.length);
    });
    const [hostname, port] = target.split(':');
    const { method, url: path, headers } = request;
    const upstream = forward({ hostname, port, method, path, headers }, (answer) => {
      entry.status = answer.statusCode ?? 0;
      response.writeHead(entry.status, answer.rawHeaders);
      relay(answer, response, entry).catch(() => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.once('close', () => upstream.destroy());
    request.on('error', () => upstream.destroy());
    request.pipe(upstream);
  });
  const relay = async (answer: IncomingMessage, response: ServerResponse, entry: CountedRequest): Promise<void> => {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (response.destroyed) return;
      response.write(chunk);
      entry.received += chunk.length;
      pass(chunk.length);
      if (options.pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
    }
    response.end();
  };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    host: `127.0.0.1:${String(address.port)}`,
    requests,
    reset: () => {
      requests.length = 0;
      trap = undefined;
    },
    after: (bytes, then) => {
      trap = { at: passed + bytes, then };
    },
    quiet: async () => {
      while (underWay.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
