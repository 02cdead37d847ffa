import type { IncomingMessage } from 'node:http';
import type { RegistryStore } from './registry-store.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** The parts that handlers work with. */
export interface RegistryParts {
  store: RegistryStore;
  uploads: UploadSessions;
}

/** One request, as far as handlers need it. */
export interface Exchange extends RegistryParts {
  request: IncomingMessage;
  query: URLSearchParams;
}

/** The declared length of the body, where there is one. */
export function contentLength(request: IncomingMessage): number | undefined {
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
