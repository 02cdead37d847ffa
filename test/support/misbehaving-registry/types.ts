import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

export type RequestKind =
  'ping' | 'blob' | 'upload' | 'manifest' | 'tags' | 'referrers' | 'catalog' | 'token' | 'other';

/** One request as it came, and what it was answered. */
export interface SeenRequest {
  /** 0, 1, 2 … in the order of arrival. */
  readonly index: number;
  readonly kind: RequestKind;
  /** Scheme, host and port of the server that got it. */
  readonly origin: string;
  readonly method: string;
  /** With the query, as it stood in the request line. */
  readonly url: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Repository of registry paths, else ''. */
  readonly repository: string;
  readonly headers: IncomingHttpHeaders;
  /** As they came, names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** What came of it before the line was cut. */
  readonly body: Buffer;
  /** Undefined until it is answered, and where it never is. */
  status: number | undefined;
}

/** What is going to be answered. Behaviours change it. */
export interface Answer {
  status: number;
  /** Names in lower case. */
  headers: OutgoingHttpHeaders;
  body: Buffer;
  /** Bytes of the body after which the line is cut. */
  cutAfter?: number;
  /** Bytes of the body after which nothing more comes, until the client leaves or the registry stops. */
  stallAfter?: number;
  /** Milliseconds before the first byte. */
  delayMs?: number;
}

/** Asks the next skin, and in the end the honest registry; perhaps with something else than what came. The record stays. */
export type Next = (changed?: Partial<Pick<SeenRequest, 'url' | 'headers' | 'body'>>) => Promise<Answer>;

/** One way to misbehave. They stand around the honest registry like onion skins, the first that is given outermost. */
export interface Behaviour {
  /** Bytes of the request's body after which the line is cut; the honest registry keeps what came before. */
  cutRequestAfter?(request: Omit<SeenRequest, 'body'>): number | undefined;
  answer?(request: SeenRequest, next: Next): Promise<Answer>;
}

/** Which requests a behaviour is for; what is left out matches all. */
export interface When {
  kind?: RequestKind | readonly RequestKind[];
  method?: string | readonly string[];
  repository?: string;
  /** Tested against path and query. */
  url?: RegExp;
  /** Leaves the first so many of the matching requests alone; default 0. */
  skip?: number;
  /** Then meets so many; default all. */
  times?: number;
}
