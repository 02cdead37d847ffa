import { SingleFlight } from '../../system/single-flight.ts';
import type { Clock } from '../transport/clock.ts';
import type { Credential } from './credential-source.ts';
import { formatScope, type Scope, scopesKey } from './scopes.ts';
import { createTokenCache, lifeOf, type Token, type TokenCache } from './token-cache.ts';
import type { TokenAnswer } from './token-request.ts';

export type TokenOutcome = { token: Token; fresh: boolean } | { refused: number };

export interface TokenBrokerParts {
  credential: Credential | undefined;
  clock: Clock;
  request: (scopes: readonly Scope[]) => Promise<TokenAnswer>;
}

export interface TokenWish {
  /** Was refused: only a token that was got after it will do. */
  instead?: Token | undefined;
  /** For these scopes and no others. */
  alone?: boolean;
  signal?: AbortSignal | undefined;
}

/** Tokens for one registry, identity and credential: cached, renewed before they expire, several repositories in one. */
export interface TokenBroker {
  readonly cache: TokenCache;
  get(scopes: readonly Scope[], wish?: TokenWish): Promise<TokenOutcome>;
  /** Fetches what is missing for many scopes, as many in one token as may be. Refusals are left to whoever needs the token. */
  prepare(scopes: readonly Scope[], signal?: AbortSignal): Promise<void>;
  /** The registry did not take a token for several repositories, but one for a single: ask one by one from now on. */
  oneByOne(): void;
}

/** A token for so many repositories still fits into the 8 KiB that many servers allow for one header line. */
const MAX_BATCH = 30;
const MAX_BATCH_CHARACTERS = 5000;
const CONCURRENT_BATCHES = 4;
const RENEWAL_PAUSE_MS = 5000;

interface Waiting {
  scope: Scope;
  settle: (outcome: TokenOutcome | Promise<never>) => void;
}

export function createTokenBroker({ credential, clock, request }: TokenBrokerParts): TokenBroker {
  const cache = createTokenCache(clock);
  const flights = new SingleFlight<TokenOutcome>();
  /** Counts up, so that a token which took a refused one's place can be told. */
  const order = new WeakMap<Token, number>();
  let count = 0;
  /** When the renewal of a token may be tried (again). */
  const renewable = new WeakMap<Token, number>();
  let waiting: Waiting[] = [];
  let batches = 0;
  let single = false;

  const fetchToken = async (scopes: readonly Scope[]): Promise<TokenOutcome> => {
    const asked = clock.now();
    const answer = await request(scopes);
    if (answer.kind === 'refused') return { refused: answer.status };
    const token: Token = { value: answer.value, scopes, credential, ...lifeOf(answer.lifetimeMs, asked) };
    order.set(token, (count += 1));
    cache.add(token);
    return { token, fresh: true };
  };

  /** One refusal may stand for a single repository among many: halves are asked until the culprit is alone. */
  const fetchBatch = async (batch: readonly Waiting[]): Promise<void> => {
    let outcome: TokenOutcome;
    try {
      outcome = await fetchToken(batch.map((w) => w.scope));
    } catch (error) {
      for (const { settle } of batch) settle(Promise.reject(error instanceof Error ? error : new Error(String(error))));
      return;
    }
    if ('refused' in outcome && outcome.refused !== 401 && batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      await Promise.all([fetchBatch(batch.slice(0, half)), fetchBatch(batch.slice(half))]);
      return;
    }
    for (const { settle } of batch) settle(outcome);
  };

  const pump = (): void => {
    while (batches < CONCURRENT_BATCHES && waiting.length > 0) {
      const size = batchSize(waiting, single);
      const batch = waiting.slice(0, size);
      waiting = waiting.slice(size);
      batches += 1;
      const done = (): void => {
        batches -= 1;
        pump();
      };
      fetchBatch(batch).then(done, done);
    }
  };

  const enqueue = (scope: Scope): Promise<TokenOutcome> =>
    new Promise((settle) => {
      waiting.push({ scope, settle });
      // What is wanted in this same turn of the loop goes into one token.
      queueMicrotask(pump);
    });

  const renew = (token: Token): void => {
    if (clock.now() < (renewable.get(token) ?? 0)) return;
    renewable.set(token, Infinity);
    // A token server that gives none now is not asked by every request that could use one.
    const done = (): void => void renewable.set(token, clock.now() + RENEWAL_PAUSE_MS);
    fetchToken(token.scopes).then(done, done);
  };

  /** Of all who held a token that is refused one fetches another, and those who hear of it later find that one here. */
  const replaces = (cached: Token, scopes: readonly Scope[], { instead, alone }: TokenWish): boolean => {
    if (alone === true && cached.scopes.length > scopes.length) return false;
    const refused = instead === undefined ? undefined : order.get(instead);
    return refused === undefined || (order.get(cached) ?? 0) > refused;
  };

  const get = async (scopes: readonly Scope[], wish: TokenWish = {}): Promise<TokenOutcome> => {
    const cached = cache.find(scopes);
    if (cached !== undefined && replaces(cached, scopes, wish)) {
      if (clock.now() >= cached.refreshAt) renew(cached);
      return { token: cached, fresh: false };
    }
    const [first] = scopes;
    const together = first !== undefined && scopes.length === 1 && wish.alone !== true;
    const key = `${together ? '' : 'alone '}${scopesKey(scopes)}`;
    return flights.run(key, () => (together ? enqueue(first) : fetchToken(scopes)), wish.signal);
  };

  return {
    cache,
    get,
    prepare: async (scopes, signal) => {
      await Promise.allSettled(scopes.map((scope) => get([scope], { signal })));
      signal?.throwIfAborted();
    },
    oneByOne: () => {
      single = true;
    },
  };
}

function batchSize(waiting: readonly Waiting[], single: boolean): number {
  if (single) return 1;
  let characters = 0;
  for (const [index, { scope }] of waiting.entries()) {
    characters += formatScope(scope).length + '&scope='.length;
    if (index >= MAX_BATCH || (index > 0 && characters > MAX_BATCH_CHARACTERS)) return index;
  }
  return waiting.length;
}
