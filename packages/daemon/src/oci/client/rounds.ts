import { Readable } from 'node:stream';
import type { Attempt, Authorizer, Grant, TokenRefused } from '../auth/authorizer.ts';
import { lacksScope, parseChallenges } from '../auth/challenge.ts';
import type { Credential } from '../auth/credential-source.ts';
import { basicHeader } from '../auth/token-request.ts';
import type { Need } from '../auth/scopes.ts';
import { discard, readShort } from '../transport/body.ts';
import { abortReason } from '../transport/clock.ts';
import type { AtRegistryParts } from './at-registry.ts';
import type { Answer, Call } from './call.ts';
import { follow } from './follow.ts';

export interface RoundsParts extends AtRegistryParts {
  authorizer: Authorizer;
}

/**
 * A request with as many rounds of authorization as make sense. The first request to a host finds out how it wants to be talked
 * to; those beside it wait for that, so that a hundred of them do not all fetch the same challenge.
 */
export function createRounds(parts: RoundsParts): (call: Call) => Promise<Answer> {
  const { authorizer } = parts;
  const learning = new Map<string, Promise<void>>();

  return async (call) => {
    const { need, options } = call;
    if (need === undefined) return follow(call, undefined, parts);
    if (authorizer.knows(call.host, options.identity)) return rounds(call, need, parts);
    const key = JSON.stringify([call.host, options.identity ?? null]);
    const pending = learning.get(key);
    if (pending !== undefined) {
      await abortable(pending, options.signal);
      return rounds(call, need, parts);
    }
    let learned = (): void => undefined;
    learning.set(key, new Promise((resolve) => (learned = resolve)));
    try {
      return await rounds(call, need, parts);
    } finally {
      learning.delete(key);
      learned();
    }
  };
}

async function rounds(call: Call, need: Need, parts: RoundsParts): Promise<Answer> {
  const { authorizer } = parts;
  const attempt = authorizer.begin(need, { identity: call.options.identity, signal: call.options.signal });
  let grant = await authorizer.first(attempt);
  /** That a login may not do this says more than that nobody may without one. */
  let denied: Answer | undefined;
  for (;;) {
    if (grant.kind === 'refused') return denied ?? withoutToken(need, grant, parts.schemes.originOf(call.host));
    const answer = withSource(await follow(call, grant.header, parts), attempt, grant);
    if (answer.redirectedTo !== undefined || !(await isAboutAuthorization(answer, grant, call))) {
      authorizer.answered(attempt, grant);
      return better(denied, answer);
    }
    const next = await nextGrant(attempt, grant, answer, authorizer);
    // What can't be sent twice is the caller's to send again; the token is fresh then.
    if (next === undefined || call.stream !== undefined) return better(denied, withSource(answer, attempt, grant));
    if (attempt.anonymously && (answer.status === 403 || answer.lacksScope === true)) {
      denied ??= { ...answer, text: answer.text ?? (await readShort(answer.body)), body: Readable.from([]) };
    }
    discard(answer.body);
    grant = next;
  }
}

/** What was answered to a login, where nobody without one was given anything. */
function better(denied: Answer | undefined, anonymous: Answer): Answer {
  if (denied === undefined || ![401, 403, 404].includes(anonymous.status)) return anonymous;
  discard(anonymous.body);
  return denied;
}

async function nextGrant(
  attempt: Attempt,
  grant: Grant,
  answer: Answer,
  authorizer: Authorizer,
): Promise<Grant | TokenRefused | undefined> {
  const challenges = parseChallenges(answer.headers['www-authenticate']);
  try {
    return await authorizer.next(attempt, grant, {
      status: answer.status,
      challenges,
      origin: new URL(answer.url.origin),
    });
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

/** 401; for reads with a credential 403, since the public may have it; and the 400 of clouds for what has expired. */
async function isAboutAuthorization(answer: Answer, grant: Grant, { need, method }: Call): Promise<boolean> {
  if (answer.status === 401) return true;
  if (answer.status === 403) return need?.read === true && grant.credential !== undefined;
  if (answer.status !== 400 || grant.header === undefined || grant.fresh) return false;
  // An answer to HEAD can't say why.
  if (method === 'HEAD') return true;
  answer.text ??= await readShort(answer.body);
  return /expired|authori[sz]ation token|invalid token/i.test(answer.text);
}

function withSource(answer: Answer, attempt: Attempt, grant: Grant): Answer {
  const { refusedCredential } = attempt;
  const source = grant.credential?.source ?? refusedCredential?.source;
  const secrets = secretsOf(grant, refusedCredential);
  return {
    ...answer,
    ...(source === undefined ? {} : { credentialSource: source }),
    ...(answer.status === 401 && lacksScope(parseChallenges(answer.headers['www-authenticate']))
      ? { lacksScope: true }
      : {}),
    ...(secrets.length === 0 ? {} : { secrets }),
  };
}

/** The authorization as it was sent and what stands behind it; the longest first, since one may hold another. */
function secretsOf({ header, credential }: Grant, refused: Credential | undefined): string[] {
  const shown = [credential, refused].filter((one) => one !== undefined);
  const headers = [header, ...shown.map(basicHeader)].filter((one) => one !== undefined);
  const all = [...headers.map((one) => one.slice(one.indexOf(' ') + 1)), ...shown.map((one) => one.secret)];
  return [...new Set(all)].sort((a, b) => b.length - a.length);
}

/** For reads a 403 of the token server is how ghcr.io says that there is no such repository. */
function withoutToken(need: Need, refused: TokenRefused, url: URL): Answer {
  const absent = refused.status === 403 || refused.status === 404;
  return {
    status: absent ? (need.read ? 404 : 403) : 401,
    headers: {},
    body: Readable.from([]),
    text: '',
    url,
    ...(refused.credential === undefined ? {} : { credentialSource: refused.credential.source }),
  };
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
