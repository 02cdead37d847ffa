import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { setMaxListeners } from 'node:events';
import type { Agent } from 'undici';
import type { AddressClass } from './addresses.ts';
import { type ConnectorParts, createConnector } from './connector.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** One HTTP exchange with one origin: no redirects, no retries, no authentication. */
export interface HttpRequest {
  url: URL;
  method: Method;
  headers: Record<string, string>;
  body?: Uint8Array | Readable | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds until the answer's head must have come; replaces the default. */
  headersMs?: number | undefined;
  /** Which addresses the host may be at; undefined: any. */
  allowed?: readonly AddressClass[] | undefined;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Must be read to its end or destroyed. */
  body: Readable;
}

export interface Timeouts {
  /** Milliseconds for name lookup, TCP, proxy and TLS together. */
  connectMs: number;
  /** Milliseconds from the request to the head of the answer. */
  headersMs: number;
  /** Milliseconds without a byte after which a body counts as stalled. */
  bodyIdleMs: number;
}

export interface DispatcherOptions extends Omit<ConnectorParts, 'connectMs'> {
  timeouts: Timeouts;
  connectionsPerOrigin: number;
}

export interface Dispatcher {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** At which kind of address an origin answered last; undefined: never reached. */
  addressClass(origin: string): AddressClass | undefined;
  /** Ends every connection and exchange. */
  close(): Promise<void>;
}

/** More than undici's default, so that a fast peer is not stopped and started at every read. */
const BODY_BUFFER_BYTES = 256 * 1024;

/**
 * Connections by undici, one pool per origin and per set of addresses that may be dialled (so that no request finds a
 * connection which its own rules would have refused). undici is loaded with the first request: it is the heavy import.
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const agents = new Map<string, Promise<Agent>>();
  const reached = new Map<string, AddressClass>();
  let closed = false;

  const agentFor = (allowed: readonly AddressClass[] | undefined): Promise<Agent> => {
    const key = allowed === undefined ? 'any' : [...allowed].sort().join(' ');
    let agent = agents.get(key);
    if (agent === undefined) agents.set(key, (agent = createAgent(allowed)));
    return agent;
  };

  const createAgent = async (allowed: readonly AddressClass[] | undefined): Promise<Agent> => {
    // A CommonJS module: bundled, it has no other export than this.
    const { default: undici } = await import('undici');
    return new undici.Agent({
      connections: options.connectionsPerOrigin,
      pipelining: 1,
      keepAliveTimeout: 15_000,
      keepAliveMaxTimeout: 60_000,
      headersTimeout: options.timeouts.headersMs,
      bodyTimeout: options.timeouts.bodyIdleMs,
      connect: createConnector(
        { ...options, connectMs: options.timeouts.connectMs },
        allowed === undefined ? 'any' : new Set(allowed),
        (origin, kind) => reached.set(origin, kind),
      ),
    });
  };

  return {
    addressClass: (origin) => reached.get(origin),
    send: async (request) => {
      if (closed) throw Object.assign(new Error('the client was closed'), { code: 'UND_ERR_CLOSED' });
      const agent = await agentFor(request.allowed);
      // One signal may stand behind hundreds of requests at once.
      if (request.signal !== undefined) setMaxListeners(0, request.signal);
      const { statusCode, headers, body } = await agent.request({
        origin: request.url.origin,
        path: `${request.url.pathname}${request.url.search}`,
        method: request.method,
        headers: request.headers,
        highWaterMark: BODY_BUFFER_BYTES,
        // undici ends connections after HEAD, for servers that send a body there; a new one per question costs more than those.
        reset: false,
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
        ...(request.headersMs === undefined ? {} : { headersTimeout: request.headersMs }),
      });
      return { status: statusCode, headers, body };
    },
    close: async () => {
      closed = true;
      await Promise.all([...agents.values()].map(async (agent) => (await agent).destroy()));
      agents.clear();
    },
  };
}
