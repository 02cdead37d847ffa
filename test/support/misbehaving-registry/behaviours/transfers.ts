import type { Behaviour, When } from '../types.ts';
import { createMatcher, failure, spoil } from '../when.ts';

const BLOB_GET: When = { kind: 'blob', method: 'GET' };
interface On {
  on?: When;
}

/** Cuts the line after so many bytes of the answer's body: `times: 1` once, without it always. */
export function cutAnswer({ after, on }: { after: number } & On): Behaviour {
  return spoil({ ...BLOB_GET, ...on }, (answer) =>
    after < answer.body.length ? { ...answer, cutAfter: after } : answer,
  );
}

/** Cuts the line after so many bytes of an upload's body; those bytes are kept. */
export function cutUpload({ after, on }: { after: number } & On): Behaviour {
  const matches = createMatcher({ kind: 'upload', method: ['PATCH', 'PUT', 'POST'], ...on });
  return {
    cutRequestAfter: (request) =>
      Number(request.headers['content-length'] ?? Infinity) > after && matches(request) ? after : undefined,
  };
}

/** Sends so many bytes of the body (0: the header alone) and then nothing, with the line open. */
export function stallAnswer({ after = 0, on }: { after?: number } & On): Behaviour {
  return spoil({ ...BLOB_GET, ...on }, (answer) => ({ ...answer, stallAfter: after }));
}

/** Says nothing at all for so many milliseconds. */
export function delayAnswer({ ms, on }: { ms: number } & On): Behaviour {
  return spoil({ ...on }, (answer) => ({ ...answer, delayMs: ms }));
}

/** Turns over the bits of one byte of each body; the length stays. */
export function wrongBytes({ at = 0, on }: { at?: number } & On = {}): Behaviour {
  return spoil({ ...BLOB_GET, ...on }, (answer) => {
    const body = Buffer.from(answer.body);
    if (at < body.length) body[at] = ~(body[at] ?? 0) & 0xff;
    return { ...answer, body };
  });
}

/** Claims so many bytes more (then the line ends early) or fewer (then the body ends early) than there are. */
export function wrongLength({ by, on }: { by: number } & On): Behaviour {
  return spoil({ ...BLOB_GET, ...on }, (answer) => {
    const claimed = Math.max(0, answer.body.length + by);
    const body = answer.body.subarray(0, claimed);
    return { ...answer, headers: { ...answer.headers, 'content-length': claimed }, body };
  });
}

/** Names another digest than that of what is sent. */
export function wrongContentDigest({ digest, on }: { digest?: string } & On = {}): Behaviour {
  const lie = digest ?? `sha256:${'0'.repeat(64)}`;
  return spoil({ kind: ['blob', 'manifest'], method: ['GET', 'HEAD'], ...on }, (answer) => ({
    ...answer,
    headers: { ...answer.headers, 'docker-content-digest': lie },
  }));
}

/** Answers 200 with everything whatever range was asked for. */
export function ignoreRange({ on }: On = {}): Behaviour {
  const matches = createMatcher({ ...BLOB_GET, ...on });
  return {
    answer: (request, next) =>
      matches(request) ? next({ headers: { ...request.headers, range: undefined } }) : next(),
  };
}

/** Refuses every request with a Range by 416. */
export function refuseRange({ on }: On = {}): Behaviour {
  return spoil({ ...BLOB_GET, ...on }, (answer, request) =>
    request.headers.range === undefined
      ? answer
      : failure(416, 'SIZE_INVALID', 'No ranges today.', { 'content-range': 'bytes */0' }),
  );
}

/** A 206 that begins elsewhere than asked: its Content-Range and its bytes are `by` bytes off. */
export function shiftRange({ by, on }: { by: number } & On): Behaviour {
  const matches = createMatcher({ ...BLOB_GET, ...on });
  return {
    answer: (request, next) => {
      const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
      if (range !== null && matches(request)) {
        const start = Math.max(0, Number(range[1]) + by);
        return next({ headers: { ...request.headers, range: `bytes=${String(start)}-${range[2] ?? ''}` } });
      }
      return next();
    },
  };
}

/** From the request after the first on, blobs are so many bytes longer (or shorter), in what is said and in what is sent. */
export function changeLength({ by, on }: { by: number } & On): Behaviour {
  return spoil({ ...BLOB_GET, skip: 1, ...on }, (answer) => {
    const { body, headers } = answer;
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '');
    const changed = by > 0 ? Buffer.concat([body, Buffer.alloc(by)]) : body.subarray(0, Math.max(0, body.length + by));
    const sized = { ...headers, 'content-length': changed.length };
    if (range === null) return { ...answer, headers: sized, body: changed };
    const start = Number(range[1]);
    const end = start + changed.length - 1;
    const total = Number(range[2]) + by;
    return {
      ...answer,
      headers: { ...sized, 'content-range': `bytes ${String(start)}-${String(end)}/${String(total)}` },
      body: changed,
    };
  });
}
