import type { IncomingHttpHeaders } from 'node:http';
import { CondockError } from '@condock/protocol';

/** Tries in all, the first included. */
export const MAX_TRIES = 5;
/** Milliseconds that one call may spend waiting for a registry that asks for patience. */
export const MAX_TOTAL_WAIT_MS = 180_000;

const BASE_MS = 200;
const CAP_MS = 10_000;

const RETRIED = new Set([408, 425, 429, 500, 502, 503, 504]);

/** True for answers that may be different next time. */
export const isTransientStatus = (status: number): boolean => RETRIED.has(status);

const TRANSIENT_ERRORS = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_INFO',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** The code of a failure of the connection, through wrapped and aggregated errors; undefined for other errors. */
export function connectionFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined) return code;
  if (error instanceof AggregateError) return error.errors.map(connectionFailure).find((c) => c !== undefined);
  return connectionFailure(error.cause);
}

/** True for failures of the connection that may be different next time: not for unknown names or bad certificates. */
export function isTransientFailure(error: unknown): boolean {
  const code = connectionFailure(error);
  return code !== undefined && TRANSIENT_ERRORS.has(code);
}

/**
 * What a token server answered instead of a token, where that may be different next time: the pause in milliseconds that it asks
 * for, or 0. Undefined for all other errors.
 */
export function tokenServerPause(error: unknown): number | undefined {
  if (!(error instanceof CondockError) || error.data?.realm === undefined) return undefined;
  const { status, retryAfterSeconds } = error.data;
  if (typeof status !== 'number' || !isTransientStatus(status)) return undefined;
  return typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1000 : 0;
}

/** Jittered exponential pause in milliseconds before try number `tries + 1`. */
export function backoff(tries: number, random: () => number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** (tries - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/**
 * Milliseconds that a registry asks to wait: `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), or the hint that ghcr.io
 * puts into the body (`retry-after: 284.357µs`, Go's notation of a duration). Undefined where it says nothing.
 */
export function requestedPause(headers: IncomingHttpHeaders, body: string, now: number): number | undefined {
  const header = headers['retry-after']?.trim();
  if (header !== undefined && /^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  if (header !== undefined) {
    // Date.parse alone takes almost anything for a date.
    const date = /^[A-Za-z]{3}.*\d:\d\d.*GMT$/.test(header) ? Date.parse(header) : NaN;
    if (!Number.isNaN(date)) return Math.max(0, date - now);
    const duration = goDuration(header);
    if (duration !== undefined) return duration;
  }
  const hint = /retry[-_ ]?after["']?\s*[:=]?\s*["']?((?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+)/i.exec(body);
  return hint?.[1] === undefined ? undefined : goDuration(hint[1]);
}

const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function goDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/gi)) {
    total += Number(count) * (UNIT_MS[unit.toLowerCase()] ?? 0);
  }
  return total;
}
