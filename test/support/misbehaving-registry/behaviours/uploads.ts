import type { Behaviour, When } from '../types.ts';
import { behaviour, createMatcher, failure, spoil } from '../when.ts';

/** Keeps all but the last `bytes` of what a PATCH brings, and says so in Range. */
export function loseUploadBytes({ bytes, on }: { bytes: number; on?: When }): Behaviour {
  return behaviour({ kind: 'upload', method: 'PATCH', ...on }, async (request, next) => {
    const kept = request.body.subarray(0, Math.max(0, request.body.length - bytes));
    const headers = { ...request.headers, 'content-length': String(kept.length) };
    const range = /^(\d+)-(\d+)$/.exec(headers['content-range'] ?? '');
    if (range !== null) headers['content-range'] = `${range[1] ?? '0'}-${String(Number(range[2]) - bytes)}`;
    return await next({ body: kept, headers });
  });
}

/** The same, but claims to have everything: only the digest, or a look at the session, shows it. */
export function loseUploadBytesSilently({ bytes, on }: { bytes: number; on?: When }): Behaviour {
  const lose = loseUploadBytes({ bytes, ...(on === undefined ? {} : { on }) });
  return {
    answer: async (request, next) => {
      const answer = await (lose.answer?.(request, next) ?? next());
      const range = /^0-(\d+)$/.exec(answer.headers.range ?? '');
      if (request.method !== 'PATCH' || range === null) return answer;
      return { ...answer, headers: { ...answer.headers, range: `0-${String(Number(range[1]) + bytes)}` } };
    },
  };
}

/** Each answer names another Location, and only the newest works (404 for others): clients must use it as it is. */
export function movingLocation({ absolute }: { absolute?: string } = {}): Behaviour {
  let state = 0;
  const newest = new Map<string, string>();
  return {
    answer: async (request, next) => {
      if (request.kind !== 'upload') return await next();
      const expected = newest.get(request.path);
      if (expected !== undefined && request.query.get('_state') !== expected)
        return failure(404, 'BLOB_UPLOAD_UNKNOWN', 'That location is out of date.');
      const answer = await next();
      const location = answer.headers.location;
      if (typeof location !== 'string' || !location.includes('/blobs/uploads/')) return answer;
      state += 1;
      const token = `s/${String(state)}+=`;
      newest.set(location, token);
      const moved = `${absolute ?? ''}${location}?_state=${encodeURIComponent(token)}`;
      return { ...answer, headers: { ...answer.headers, location: moved } };
    },
  };
}

/** Sends uploads to another origin by Location. */
export function foreignUploadLocation(origin: string, on: When = {}): Behaviour {
  return spoil({ kind: 'upload', method: 'POST', ...on }, (answer) => {
    const location = `${origin}${String(answer.headers.location)}`;
    return { ...answer, headers: { ...answer.headers, location } };
  });
}

/** The session is gone when the client comes back to it. */
export function forgetSessions(on: When = {}): Behaviour {
  return behaviour({ kind: 'upload', method: ['PATCH', 'PUT', 'GET'], ...on }, () =>
    Promise.resolve(failure(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')),
  );
}

/** Mounts end as ordinary sessions. */
export function withoutMount(): Behaviour {
  const matches = createMatcher({ kind: 'upload', method: 'POST', url: /[?&]mount=/ });
  return {
    answer: (request, next) => (matches(request) ? next({ url: request.path }) : next()),
  };
}

/** Announces that a chunk, the last one excepted, should have so many bytes. */
export function minimumChunk(bytes: number): Behaviour {
  return spoil({ kind: 'upload', method: 'POST' }, (answer) => ({
    ...answer,
    headers: { ...answer.headers, 'oci-chunk-min-length': String(bytes) },
  }));
}
