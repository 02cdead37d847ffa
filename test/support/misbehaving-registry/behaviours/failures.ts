import type { Answer, Behaviour, When } from '../types.ts';
import { behaviour, failure } from '../when.ts';

/** Answers a fixed thing without asking the honest registry. */
export function answerWith(answer: Answer, on: When = {}): Behaviour {
  return behaviour(on, () => Promise.resolve(answer));
}

/** 5xx so many times. */
export function serverErrors({ status = 503, on = {} }: { status?: number; on?: When } = {}): Behaviour {
  return answerWith(failure(status, 'UNKNOWN', 'out of order'), on);
}

export interface RateLimitOptions {
  /** Retry-After: seconds, or a date. Undefined: no such header. */
  retryAfter?: number | Date | string;
  /** A hint in the body, as ghcr gives it: `retry-after: 714.253µs, allowed: 44000/minute`. */
  hint?: { amount: number; unit: 'µs' | 'ms' | 's' };
  on?: When;
}

/** 429. */
export function rateLimit({ retryAfter, hint, on = {} }: RateLimitOptions = {}): Behaviour {
  const header = retryAfter instanceof Date ? retryAfter.toUTCString() : retryAfter;
  const said =
    hint === undefined ? 'too many requests' : `retry-after: ${String(hint.amount)}${hint.unit}, allowed: 44000/minute`;
  const headers = header === undefined ? {} : { 'retry-after': String(header) };
  return answerWith(failure(429, 'TOOMANYREQUESTS', said, headers), on);
}

/** What a proxy says in a registry's place; also with status 200, as captive portals do. */
export function htmlAnswers({ status = 502, on = {} }: { status?: number; on?: When } = {}): Behaviour {
  const body = Buffer.from('<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>');
  return answerWith({ status, headers: { 'content-type': 'text/html; charset=utf-8' }, body }, on);
}

/** DELETE is not possible. */
export function refuseDelete({ status = 405 }: { status?: 405 | 400 } = {}): Behaviour {
  const answer = failure(status, 'UNSUPPORTED', 'The operation is unsupported.');
  return answerWith(answer, { method: 'DELETE', kind: ['manifest', 'blob'] });
}

/** No referrers API, and no OCI-Subject: registries before distribution-spec 1.1, ghcr.io. */
export function withoutReferrers(): Behaviour {
  return {
    answer: async (request, next) => {
      if (request.kind === 'referrers') {
        const body = Buffer.from('404 page not found\n');
        return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
      }
      const answer = await next();
      delete answer.headers['oci-subject'];
      return answer;
    },
  };
}

/** Manifests only for those who say in Accept that they can read them (docker's registry 2). */
export function requireAccept(): Behaviour {
  return {
    answer: async (request, next) => {
      const answer = await next();
      if (request.kind !== 'manifest' || answer.status !== 200) return answer;
      const type = String(answer.headers['content-type']);
      return (request.headers.accept ?? '').includes(type)
        ? answer
        : failure(404, 'MANIFEST_UNKNOWN', 'OCI manifest found, but Accept header does not support OCI manifests');
    },
  };
}
