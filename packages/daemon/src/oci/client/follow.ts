import { Readable } from 'node:stream';
import { discard } from '../transport/body.ts';
import { MAX_REDIRECTS, nextHop } from '../transport/redirects.ts';
import { atRegistry, type AtRegistryParts, headersOf } from './at-registry.ts';
import type { Answer, Call } from './call.ts';

const RESTARTS = 2;
/** What object stores answer to a signed address that has expired. */
const EXPIRED = new Set([400, 401, 403]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * One request and its redirects, followed by hand: the authorization stays with its own origin, and the rules of `nextHop` hold.
 * A signed address lives for minutes; where one has expired the registry is asked for another.
 */
export async function follow(call: Call, authorization: string | undefined, parts: AtRegistryParts): Promise<Answer> {
  for (let restarts = 0; ; restarts += 1) {
    const answer = await followOnce(call, authorization, parts);
    if (answer.redirectedTo === undefined || !EXPIRED.has(answer.status) || restarts >= RESTARTS) return answer;
    discard(answer.body);
  }
}

async function followOnce(call: Call, authorization: string | undefined, parts: AtRegistryParts): Promise<Answer> {
  const { schemes, gated, log } = parts;
  const first = await atRegistry(call, authorization, parts);
  const registry = schemes.originOf(call.host);
  let { response } = first;
  let at = first.url;
  for (let hops = 0; REDIRECTS.has(response.status); hops += 1) {
    discard(response.body);
    const hop = nextHop({
      from: at,
      location: response.headers.location,
      registry,
      registryClass: parts.addressClass(registry.origin) ?? 'public',
      mayBePlain: (host) => schemes.mayBePlain(host),
    });
    const own = hop.url.origin === registry.origin;
    if (hops >= MAX_REDIRECTS || !mayFollow(call, response.status, own)) {
      return { status: response.status, headers: response.headers, body: Readable.from([]), url: first.url };
    }
    log({ event: 'redirected', host: call.host, target: hop.url.host });
    response = await gated.send(
      {
        url: hop.url,
        allowed: own ? first.allowed : hop.allowed,
        method: call.method,
        headers: headersOf(call, parts.userAgent, own ? authorization : undefined),
        body: call.body,
        signal: call.options.signal,
      },
      call.options.priority ?? 'interactive',
    );
    at = hop.url;
  }
  const { status, headers, body } = response;
  return {
    status,
    headers,
    body,
    url: first.url,
    ...(first.text === undefined || at !== first.url ? {} : { text: first.text }),
    ...(at.origin === registry.origin ? {} : { redirectedTo: at.host }),
  };
}

/** Writing is only ever repeated at the registry itself. */
function mayFollow(call: Call, status: number, own: boolean): boolean {
  if (call.method === 'GET' || call.method === 'HEAD') return true;
  return own && call.stream === undefined && (status === 307 || status === 308);
}
