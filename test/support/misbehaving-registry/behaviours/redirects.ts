import type { SeenRequest, Behaviour, When } from '../types.ts';
import { behaviour } from '../when.ts';
import type { StorageHost } from '../storage-host.ts';

const BLOB_GET: When = { kind: 'blob', method: 'GET' };

export interface RedirectOptions {
  /** Fixed, or made for each request. May be relative. */
  to: string | ((request: SeenRequest) => string);
  status?: 301 | 302 | 303 | 307 | 308;
  /** Default: downloads of blobs. `{}`: every request of whatever kind. */
  on?: When;
}

/** Sends clients elsewhere: another host, another port, down to http, round in circles. */
export function redirect({ to, status = 307, on = BLOB_GET }: RedirectOptions): Behaviour {
  return behaviour(on, (request) =>
    Promise.resolve({
      status,
      headers: { location: typeof to === 'string' ? to : to(request) },
      body: Buffer.alloc(0),
    }),
  );
}

/** The same path below another origin: `https://127.0.0.1:1` → `http://127.0.0.2:2`. */
export function redirectToOrigin(origin: string, on?: When): Behaviour {
  return redirect({ to: (request) => `${origin}${request.url}`, ...(on === undefined ? {} : { on }) });
}

/** Every answer leads to another one of the same host, without end. */
export function redirectLoop(on?: When): Behaviour {
  let hops = 0;
  const to = (request: SeenRequest): string => `${request.path}?hop=${String((hops += 1))}`;
  return redirect({ to, ...(on === undefined ? {} : { on }) });
}

/** Blobs come from object storage on another host, by URLs signed for each request, as hosted registries do it. */
export function redirectToStorage(storage: StorageHost, on?: When): Behaviour {
  return behaviour({ ...BLOB_GET, ...on }, async (request, next) => {
    const answer = await next({ headers: { ...request.headers, range: undefined } });
    if (answer.status !== 200) return answer;
    return { status: 307, headers: { location: storage.sign(answer.body) }, body: Buffer.alloc(0) };
  });
}
