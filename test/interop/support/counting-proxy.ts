import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountedRequest {
  method: string;
  /** With query. */
  path: string;
  status: number;
  /** Of the request's body. */
  bytes: number;
}

/** A registry's door on loopback, at which every request is written down. */
export interface CountingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  host: string;
  /** What came for the repositories of a channel since the last call for that channel. */
  take(channel: string): CountedRequest[];
  /** Lets so many requests of a kind through, and leaves every later one without an answer until it is released. */
  stallAfter: (count: number, isOfKind: (request: { method: string; path: string }) => boolean) => Stall;
}

export interface Stall {
  /** Settled when the first request waits in vain. */
  reached: Promise<void>;
  release: () => void;
}

export async function startCountingProxy(target: string): Promise<CountingProxy> {
  let seen: CountedRequest[] = [];
  const [hostname = '', port = ''] = target.split(/:(?=\d+$)/);
  let isStalled = (_request: { method: string; path: string }): boolean => false;
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    if (isStalled({ method, path })) return;
    let bytes = 0;
    const forwarded = httpRequest({ hostname, port, method, path, headers }, (answer) => {
      seen.push({ method, path, status: answer.statusCode ?? 0, bytes });
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.on('data', (chunk: Buffer) => (bytes += chunk.length));
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    take: (channel) => {
      const isOf = ({ path }: CountedRequest): boolean => path.startsWith(`/v2/${channel}/`);
      const taken = seen.filter(isOf);
      seen = seen.filter((request) => !isOf(request));
      return taken;
    },
    stallAfter: (count, isOfKind) => {
      let left = count;
      let reach: () => void;
      const reached = new Promise<void>((resolve) => (reach = resolve));
      isStalled = (request) => {
        if (!isOfKind(request) || (left -= 1) >= 0) return false;
        reach();
        return true;
      };
      return { reached, release: () => (isStalled = () => false) };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Uploads that ended, each with a blob that is new to its repository. Mounts are no uploads. */
export const uploadsAmong = (requests: readonly CountedRequest[]): CountedRequest[] =>
  requests.filter((r) => /\/blobs\/uploads\/./.test(r.path) && (r.method === 'PUT' || r.method === 'PATCH'));

export const manifestsPutAmong = (requests: readonly CountedRequest[]): CountedRequest[] =>
  requests.filter((r) => r.method === 'PUT' && r.path.includes('/manifests/'));
