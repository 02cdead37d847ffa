import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Need } from '../auth/scopes.ts';
import type { RequestOptions } from '../registry-client.ts';
import type { Method } from '../transport/dispatch.ts';

/** One request to a registry, whatever it takes: scheme, token, redirects, tries. */
export interface Call {
  host: string;
  /** For error messages, an infinitive. */
  doing: string;
  method: Method;
  /** A path with its query, or an address that the registry handed out. */
  target: string | URL;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** A body that can't be sent twice: then the first answer counts, and failures of the connection are the caller's. */
  stream?: () => Readable;
  /** Undefined: without any credential. */
  need?: Need;
  options: RequestOptions;
  /** Milliseconds until the answer's head; replaces the default. */
  headersMs?: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Read it, or `discard` it. Empty where `text` is there. */
  body: Readable;
  /** What was read of the body already. */
  text?: string;
  /** Where the answer came from, before any redirect: relative locations refer to it. */
  url: URL;
  redirectedTo?: string;
  /** The registry takes the token, but not for this. */
  lacksScope?: boolean;
  credentialSource?: string;
  /** What was sent as authorization, in every form: for errors to leave out. */
  secrets?: readonly string[];
  retryAfterMs?: number;
}
