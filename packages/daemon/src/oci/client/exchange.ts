import { Readable } from 'node:stream';
import { connectionError, failureOf } from '../failures.ts';
import type { RequestOptions } from '../registry-client.ts';
import { readShort } from '../transport/body.ts';
import type { Clock } from '../transport/clock.ts';
import { nextHop } from '../transport/redirects.ts';
import {
  backoff,
  connectionFailure,
  isTransientFailure,
  isTransientStatus,
  MAX_TOTAL_WAIT_MS,
  MAX_TRIES,
  requestedPause,
  tokenServerPause,
} from '../transport/retry.ts';
import type { Answer, Call } from './call.ts';
import { createRounds, type RoundsParts } from './rounds.ts';

export type { Answer, Call } from './call.ts';

export interface ExchangeParts extends RoundsParts {
  clock: Clock;
  /** Why there is no better credential for a host, where that is known. */
  explain: (host: string) => string | undefined;
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

type Outcome = { answer: Answer } | { error: unknown };

export function createExchange(parts: ExchangeParts): Exchange {
  const { schemes, gated, clock, log } = parts;
  const rounds = createRounds(parts);

  const attempt = (call: Call): Promise<Outcome> =>
    rounds(call).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );

  const mayRepeat = (call: Call, outcome: Outcome): boolean => {
    if (call.stream !== undefined || call.options.signal?.aborted === true) return false;
    return 'answer' in outcome
      ? isTransientStatus(outcome.answer.status)
      : isTransientFailure(outcome.error) || tokenServerPause(outcome.error) !== undefined;
  };

  /** Reads what an answer asks for, and makes everybody who asks the same host wait for as long. */
  const requested = async (answer: Answer): Promise<Answer> => {
    const text = answer.text ?? (await readShort(answer.body));
    const pause = requestedPause(answer.headers, text, clock.now());
    const read = { ...answer, text, body: Readable.from([]) };
    if (pause === undefined) return read;
    gated.pause(answer.url.host, Math.min(pause, MAX_TOTAL_WAIT_MS));
    log({ event: 'throttled', host: answer.url.host, waitMs: pause });
    return { ...read, retryAfterMs: pause };
  };

  const settle = (call: Call, outcome: Outcome): Answer => {
    if ('answer' in outcome) return outcome.answer;
    throw connectionError(call, outcome.error, call.options.signal);
  };

  const send = async (call: Call): Promise<Answer> => {
    let waited = 0;
    for (let tries = 1; ; tries += 1) {
      let outcome = await attempt(call);
      if (!mayRepeat(call, outcome)) return settle(call, outcome);
      if ('answer' in outcome) outcome = { answer: await requested(outcome.answer) };
      const asked = 'answer' in outcome ? (outcome.answer.retryAfterMs ?? 0) : (tokenServerPause(outcome.error) ?? 0);
      const waitMs = Math.max(
        asked,
        backoff(tries, () => clock.random()),
      );
      waited += waitMs;
      if (tries >= MAX_TRIES || waited > MAX_TOTAL_WAIT_MS) return settle(call, outcome);
      const reason = 'answer' in outcome ? String(outcome.answer.status) : (connectionFailure(outcome.error) ?? '');
      const path = typeof call.target === 'string' ? (call.target.split('?')[0] ?? '') : call.target.pathname;
      log({ event: 'retry', host: call.host, method: call.method, path, tries, waitMs: Math.round(waitMs), reason });
      await clock.sleep(waitMs, call.options.signal).catch((error: unknown) => {
        throw connectionError(call, error, call.options.signal);
      });
    }
  };

  return {
    send,
    once: async (call) => settle(call, await attempt(call)),
    failure: async (call, answer) => {
      const text = answer.text ?? (await readShort(answer.body));
      const { credentialSource } = answer;
      return failureOf({ ...call, credentialSource, explained: parts.explain(call.host) }, { ...answer, text });
    },
    originOf: (host) => schemes.originOf(host),
    locationOf: (call, answer) => {
      const { location } = answer.headers;
      if (location === undefined) return undefined;
      const registry = schemes.originOf(call.host);
      // Behind a proxy that ends TLS many registries believe that they are spoken to without it.
      const upgraded = registry.protocol === 'https:' ? location.replace(/^http:(?=\/\/)/i, 'https:') : location;
      const own = URL.canParse(upgraded) && new URL(upgraded).host === registry.host;
      return nextHop({
        from: answer.url,
        location: own ? upgraded : location,
        registry,
        registryClass: parts.addressClass(registry.origin) ?? 'public',
        mayBePlain: (host) => schemes.mayBePlain(host),
      }).url;
    },
    greet: (host, options) =>
      send({ host, doing: `ask ${host} whether it is a registry`, method: 'GET', target: '/v2/', options }),
  };
}
