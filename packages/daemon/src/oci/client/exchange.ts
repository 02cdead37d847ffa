import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Attempt, Authorizer, Grant, TokenRefused } from '../auth/authorizer.ts';
import { parseChallenges } from '../auth/challenge.ts';
import type { Need } from '../auth/scopes.ts';
import { connectionError, failureOf } from '../failures.ts';
import { isLoopbackHost } from '../host.ts';
import type { RequestOptions } from '../registry-client.ts';
import { discard, readShort } from '../transport/body.ts';
import type { AddressClass } from '../transport/addresses.ts';
import { abortReason, type Clock } from '../transport/clock.ts';
import type { HttpResponse, Method } from '../transport/dispatch.ts';
import type { TransportLogger } from '../transport/events.ts';
import type { GatedSender } from '../transport/gated.ts';
import { MAX_REDIRECTS, nextHop, reachable } from '../transport/redirects.ts';
import {
  backoff,
  connectionFailure,
  isTransientFailure,
  isTransientStatus,
  MAX_TOTAL_WAIT_MS,
  MAX_TRIES,
  requestedPause,
} from '../transport/retry.ts';
import type { Schemes } from '../transport/schemes.ts';

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
  credentialSource?: string;
  retryAfterMs?: number;
}

export interface ExchangeParts {
  schemes: Schemes;
  gated: GatedSender;
  authorizer: Authorizer;
  clock: Clock;
  addressClass: (origin: string) => AddressClass | undefined;
  userAgent: string;
  log: TransportLogger;
}

export interface Exchange {
  /** Any answer of the registry, of whatever status. Rejects with `CondockError` where there is none. */
  send(call: Call): Promise<Answer>;
  /** The same without any further try: for questions whose answer is the status itself. */
  once(call: Call): Promise<Answer>;
  /** The error for an answer that the caller can't use. Reads its body, bounded. */
  failure(call: Call, answer: Answer): Promise<Error>;
  /** Where an upload goes on: the Location of an answer, under the rules for redirects. */
  locationOf(call: Call, answer: Pick<Answer, 'headers' | 'url'>): URL | undefined;
  originOf(host: string): URL;
  /** The first answer of `GET /v2/`, without any credential. */
  greet(host: string, options: RequestOptions): Promise<Answer>;
}

const RESTARTS = 2;
const EXPIRED_TARGET = new Set([400, 401, 403]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function createExchange(parts: ExchangeParts): Exchange {
  const { schemes, gated, authorizer, clock, log } = parts;
  const mayBePlain = (host: string): boolean => schemes.mayBePlain(host);
  const learning = new Map<string, Promise<void>>();

  const send = async (call: Call): Promise<Answer> => {
    const { signal } = call.options;
    let waited = 0;
    for (let tries = 1; ; tries += 1) {
      let wait: number;
      let reason: string;
      let answer: Answer | undefined;
      try {
        answer = await authorized(call);
        if (!isTransientStatus(answer.status) || call.stream !== undefined) return answer;
        const text = await readShort(answer.body);
        const asked = requestedPause(answer.headers, text, clock.now());
        if (asked !== undefined) {
          gated.pause(answer.url.host, Math.min(asked, MAX_TOTAL_WAIT_MS));
          log({ event: 'throttled', host: call.host, waitMs: asked });
          answer.retryAfterMs = asked;
        }
        answer = { ...answer, text, body: Readable.from([]) };
        wait = Math.max(
          asked ?? 0,
          backoff(tries, () => clock.random()),
        );
        reason = String(answer.status);
      } catch (error) {
        const mayRepeat = call.stream === undefined && tries < MAX_TRIES && isTransientFailure(error);
        if (!mayRepeat || signal?.aborted === true) throw connectionError(call, error, signal);
        wait = backoff(tries, () => clock.random());
        reason = connectionFailure(error) ?? 'connection';
      }
      waited += wait;
      if (answer !== undefined && (tries >= MAX_TRIES || waited > MAX_TOTAL_WAIT_MS)) return answer;
      const path = typeof call.target === 'string' ? (call.target.split('?')[0] ?? '') : call.target.pathname;
      log({ event: 'retry', host: call.host, method: call.method, path, tries, waitMs: Math.round(wait), reason });
      await clock.sleep(wait, signal).catch((error: unknown) => {
        throw connectionError(call, error, signal);
      });
    }
  };

  /** The first request to a host finds out how it wants to be talked to; those beside it wait for that. */
  const authorized = async (call: Call): Promise<Answer> => {
    const { need, options } = call;
    if (need === undefined) return redirected(call, undefined);
    if (authorizer.knows(call.host, options.identity)) return rounds(call, need);
    const key = JSON.stringify([call.host, options.identity ?? null]);
    const pending = learning.get(key);
    if (pending !== undefined) {
      await abortable(pending, options.signal);
      return rounds(call, need);
    }
    let learned = (): void => undefined;
    learning.set(key, new Promise((resolve) => (learned = resolve)));
    try {
      return await rounds(call, need);
    } finally {
      learning.delete(key);
      learned();
    }
  };

  const rounds = async (call: Call, need: Need): Promise<Answer> => {
    const attempt = authorizer.begin(need, { identity: call.options.identity, signal: call.options.signal });
    let grant = await authorizer.first(attempt);
    for (;;) {
      if (grant.kind === 'refused') return withoutToken(call, need, grant);
      const answer = withSource(await redirected(call, grant.header), attempt, grant);
      if (answer.redirectedTo !== undefined || !(await mayBeAuthorization(answer, grant, need))) {
        authorizer.answered(attempt, grant);
        return answer;
      }
      const challenges = parseChallenges(answer.headers['www-authenticate']);
      const origin = new URL(answer.url.origin);
      const status = answer.status === 400 ? 403 : answer.status;
      let next: Grant | TokenRefused | undefined;
      try {
        next = await authorizer.next(attempt, grant, { status, challenges, origin });
      } catch (error) {
        discard(answer.body);
        throw error;
      }
      if (next === undefined || call.stream !== undefined) return withSource(answer, attempt, grant);
      discard(answer.body);
      grant = next;
    }
  };

  const redirected = async (call: Call, authorization: string | undefined): Promise<Answer> => {
    for (let restarts = 0; ; restarts += 1) {
      const answer = await follow(call, authorization);
      // A signed address lives for minutes: the registry hands out another one.
      const expired = answer.redirectedTo !== undefined && EXPIRED_TARGET.has(answer.status);
      if (!expired || restarts >= RESTARTS) return answer;
      discard(answer.body);
    }
  };

  const follow = async (call: Call, authorization: string | undefined): Promise<Answer> => {
    const first = await atRegistry(call, authorization);
    let response = first.response;
    let at = first.url;
    for (let hops = 0; REDIRECTS.has(response.status); hops += 1) {
      discard(response.body);
      const registry = new URL(first.url.origin);
      const registryClass = parts.addressClass(registry.origin) ?? 'public';
      const { location } = response.headers;
      const hop = nextHop({ from: at, location, registry, registryClass, mayBePlain });
      const sameOrigin = hop.url.origin === registry.origin;
      if (hops >= MAX_REDIRECTS || !mayFollow(call, response.status, sameOrigin)) {
        const redirectedTo = sameOrigin ? {} : { redirectedTo: hop.url.host };
        return {
          status: response.status,
          headers: response.headers,
          body: Readable.from([]),
          url: first.url,
          ...redirectedTo,
        };
      }
      log({ event: 'redirected', host: call.host, target: hop.url.host });
      response = await gated.send(
        {
          url: hop.url,
          allowed: sameOrigin ? first.allowed : hop.allowed,
          method: call.method,
          headers: headersOf(call, sameOrigin ? authorization : undefined),
          body: call.body,
          signal: call.options.signal,
        },
        call.options.priority ?? 'interactive',
      );
      at = hop.url;
    }
    const elsewhere = at.origin !== first.url.origin;
    return {
      status: response.status,
      headers: response.headers,
      body: response.body,
      url: first.url,
      ...(first.text === undefined || at !== first.url ? {} : { text: first.text }),
      ...(elsewhere ? { redirectedTo: at.host } : {}),
    };
  };

  interface FirstHop {
    response: HttpResponse;
    url: URL;
    allowed: readonly AddressClass[] | undefined;
    text?: string;
  }

  const atRegistry = async (call: Call, authorization: string | undefined): Promise<FirstHop> => {
    const go = async (): Promise<FirstHop> => {
      const origin = schemes.originOf(call.host);
      const url = typeof call.target === 'string' ? new URL(call.target, origin) : call.target;
      // `localhost` gets no TLS because it is this machine: then it has to be.
      const own = url.origin === origin.origin;
      const allowed: readonly AddressClass[] | undefined =
        own && url.protocol === 'http:' && isLoopbackHost(call.host) ? ['loopback'] : undefined;
      const response = await gated.send(
        {
          url,
          method: call.method,
          headers: headersOf(call, own ? authorization : undefined),
          body: call.stream?.() ?? call.body,
          signal: call.options.signal,
          headersMs: call.headersMs,
          allowed: own ? allowed : reachable(parts.addressClass(origin.origin) ?? 'public'),
        },
        call.options.priority ?? 'interactive',
      );
      return { response, url, allowed };
    };
    const overTls = async (otherwise: () => FirstHop): Promise<FirstHop> => {
      try {
        const hop = await go();
        schemes.confirm(call.host);
        log({ event: 'scheme', host: call.host, scheme: 'https' });
        return hop;
      } catch {
        schemes.revert(call.host);
        return otherwise();
      }
    };
    let hop: FirstHop;
    try {
      hop = await go();
    } catch (error) {
      if (call.options.signal?.aborted === true || !schemes.switchToTls(call.host, { error })) throw error;
      return overTls(() => {
        throw error;
      });
    }
    if (hop.response.status !== 400 || hop.url.protocol !== 'http:') {
      schemes.confirm(call.host);
      return hop;
    }
    const text = await readShort(hop.response.body);
    const plain = { ...hop, text };
    if (schemes.switchToTls(call.host, { status: 400, text })) return overTls(() => plain);
    return plain;
  };

  const headersOf = (call: Call, authorization: string | undefined): Record<string, string> => ({
    'user-agent': parts.userAgent,
    ...call.headers,
    ...(authorization === undefined ? {} : { authorization }),
  });

  return {
    send,
    once: (call) =>
      authorized(call).catch((error: unknown) => {
        throw connectionError(call, error, call.options.signal);
      }),
    failure: async (call, answer) => {
      const text = answer.text ?? (await readShort(answer.body));
      return failureOf({ ...call, credentialSource: answer.credentialSource }, { ...answer, text });
    },
    originOf: (host) => schemes.originOf(host),
    locationOf: (call, answer) => {
      const { location } = answer.headers;
      if (location === undefined) return undefined;
      const registry = schemes.originOf(call.host);
      const registryClass = parts.addressClass(registry.origin) ?? 'public';
      // Behind a proxy that ends TLS many registries believe that they are spoken to without it.
      const upgraded = registry.protocol === 'https:' ? location.replace(/^http:(?=\/\/)/i, 'https:') : location;
      const same = URL.canParse(upgraded) && new URL(upgraded).host === registry.host ? upgraded : location;
      return nextHop({ from: answer.url, location: same, registry, registryClass, mayBePlain }).url;
    },
    greet: (host, options) => {
      const call: Call = {
        host,
        doing: `ask ${host} whether it is a registry`,
        method: 'GET',
        target: '/v2/',
        options,
      };
      return send(call);
    },
  };

  function withoutToken(call: Call, need: Need, refused: TokenRefused): Answer {
    const absent = refused.status === 403 || refused.status === 404;
    return {
      status: absent ? (need.read ? 404 : 403) : 401,
      headers: {},
      body: Readable.from([]),
      text: '',
      url: schemes.originOf(call.host),
      ...(refused.credential === undefined ? {} : { credentialSource: refused.credential.source }),
    };
  }
}

/** 401; for reads with a credential 403, since the public may have it; and the 400 of clouds for what has expired. */
async function mayBeAuthorization(answer: Answer, grant: Grant, need: Need): Promise<boolean> {
  if (answer.status === 401) return true;
  if (answer.status === 403) return need.read && grant.credential !== undefined;
  if (answer.status !== 400 || grant.header === undefined || grant.fresh) return false;
  answer.text ??= await readShort(answer.body);
  return /expired|authori[sz]ation token|invalid token/i.test(answer.text);
}

function withSource(answer: Answer, attempt: Attempt, grant: Grant): Answer {
  const source = grant.credential?.source ?? attempt.refusedCredential?.source;
  return source === undefined ? answer : { ...answer, credentialSource: source };
}

function mayFollow(call: Call, status: number, sameOrigin: boolean): boolean {
  if (call.method === 'GET' || call.method === 'HEAD') return true;
  return sameOrigin && call.stream === undefined && (status === 307 || status === 308);
}

function abortable(pending: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return pending;
  if (signal.aborted) return Promise.reject(abortReason(signal));
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortReason(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    void pending.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
