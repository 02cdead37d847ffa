import type { ErrorDocument } from './errors.ts';
import { ERROR_CODES } from './errors.ts';

/** The environment variable that tells a new daemon which inherited descriptor its starter reads. */
export const STARTER_FD_VARIABLE = 'CONDOCK_STARTER_FD';

/**
 * What a new daemon tells its starter, once: it is the daemon; another one is, and serves; or why there is none.
 * One line of JSON; the end of the stream without it means that the process ended before it could say anything.
 */
export type StarterReport = { state: 'ready' } | { state: 'attached' } | { state: 'failed'; error: ErrorDocument };

/** Reads a report; undefined for anything else. */
export function parseStarterReport(text: string): StarterReport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('state' in value)) return undefined;
  if (value.state === 'ready' || value.state === 'attached') return { state: value.state };
  if (value.state !== 'failed' || !('error' in value)) return undefined;
  const error = value.error as Partial<ErrorDocument> | null;
  const ok = typeof error?.code === 'string' && error.code in ERROR_CODES && typeof error.message === 'string';
  return ok ? { state: 'failed', error: error as ErrorDocument } : undefined;
}
