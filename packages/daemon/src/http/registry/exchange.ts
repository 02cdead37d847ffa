import type { IncomingHttpHeaders } from 'node:http';
import type { RegistryStore } from './registry-store.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** The parts that handlers work with. */
export interface RegistryParts {
  store: RegistryStore;
  uploads: UploadSessions;
}

/** What handlers need of a request; Node's IncomingMessage is one. */
export interface RegistryRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Ends the body early. */
  destroy(): unknown;
}

/** One request, and what it is answered from. */
export interface Exchange extends RegistryParts {
  request: RegistryRequest;
  query: URLSearchParams;
}

/** The declared length of the body, where there is one. */
export function contentLength(request: RegistryRequest): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

/** True where the client's copy is the current one (RFC 9110 §13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((candidate) => {
    const text = candidate.trim().replace(/^W\//, '');
    return text === '*' || text === etag;
  });
}
