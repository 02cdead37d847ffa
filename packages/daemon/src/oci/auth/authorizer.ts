import type { AddressClass } from '../transport/addresses.ts';
import type { Clock } from '../transport/clock.ts';
import type { HttpRequest, HttpResponse } from '../transport/dispatch.ts';
import type { TransportLogger } from '../transport/events.ts';
import type { Challenge } from './challenge.ts';
import { type CredentialFinder, fingerprint } from './credential-finder.ts';
import type { Credential, CredentialQuery } from './credential-source.ts';
import type { RegistrySession } from '../registry-client.ts';
import { acceptRealm, type AcceptedRealm } from './realm-rules.ts';
import { covers, formatScope, isAcceptableWish, type Need, parseScopes, type Scope } from './scopes.ts';
import type { Token } from './token-cache.ts';
import { createTokenBroker, type TokenBroker } from './token-broker.ts';
import { basicHeader, requestToken } from './token-request.ts';

/** How a request is to be authorized, and why. */
export interface Grant {
  kind: 'none' | 'basic' | 'ready-bearer' | 'token';
  header?: string;
  credential?: Credential;
  token?: Token;
  /** Got for this very request: to get it again would bring nothing new. */
  fresh: boolean;
  /** What was known of the host when this was granted. */
  scheme: Session['scheme'];
}

/** The token server gave none: 403 may stand for "not there" (ghcr.io), 401 for a credential that is not right. */
export interface TokenRefused {
  kind: 'refused';
  status: number;
  credential?: Credential;
}

export interface Caller {
  identity: string | undefined;
  signal: AbortSignal | undefined;
}

/** One request's way through: what was tried, so that no registry can keep it going in circles. */
export interface Attempt {
  need: Need;
  caller: Caller;
  rounds: number;
  anonymously: boolean;
  /** Scopes that the registry asked for in place of ours, within what the request stands for. */
  wish?: readonly Scope[];
  /** The credential that was refused, for the error message. */
  refusedCredential?: Credential;
  alone: boolean;
}

export interface AuthorizerParts {
  finder: CredentialFinder;
  clock: Clock;
  send: (request: HttpRequest, signal: AbortSignal | undefined) => Promise<HttpResponse>;
  addressClass: (origin: string) => AddressClass | undefined;
  log: TransportLogger;
}

interface Session {
  host: string;
  identity: string | undefined;
  scheme: 'unknown' | 'open' | 'basic' | 'bearer';
  realm?: AcceptedRealm;
  realmText?: string;
  service?: string | undefined;
  brokers: Map<string, TokenBroker>;
  /** By fingerprint: what was shown to the registry, and what it last said against it. */
  used: Map<string, { credential: Credential; lastError?: string }>;
}

const MAX_ROUNDS = 5;
/** Identities come and go with the clients that offer them. */
const MAX_SESSIONS = 500;

export interface Authorizer {
  begin(need: Need, caller: Caller): Attempt;
  /** What the first request is sent with. */
  first(attempt: Attempt): Promise<Grant | TokenRefused>;
  /** After a 401, or another answer that means one: what to send next, or undefined where nothing is left to try. */
  next(
    attempt: Attempt,
    grant: Grant,
    answer: { status: number; challenges: readonly Challenge[]; origin: URL },
  ): Promise<Grant | TokenRefused | undefined>;
  /** A challenge that came without a request of anybody's: what `GET /v2/` answers. */
  challenged(host: string, identity: string | undefined, challenges: readonly Challenge[], origin: URL): void;
  /** True as soon as a host has said, to this identity, how it wants to be talked to. */
  knows(host: string, identity: string | undefined): boolean;
  /** An answer that was no challenge. */
  answered(attempt: Attempt, grant: Grant): void;
  prepare(needs: readonly Need[], caller: Caller): Promise<void>;
  sessions(): RegistrySession[];
  /** What the source has for a host as a whole. */
  credential(host: string, caller: Caller): Promise<Credential | undefined>;
  forget(host?: string): void;
}

export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const { finder, clock, log } = parts;
  const sessions = new Map<string, Session>();

  const sessionOf = (host: string, identity: string | undefined): Session => {
    const key = JSON.stringify([host, identity ?? null]);
    let session = sessions.get(key);
    if (session === undefined) {
      session = { host, identity, scheme: 'unknown', brokers: new Map(), used: new Map() };
      const [oldest] = sessions.keys();
      if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      sessions.set(key, session);
    }
    return session;
  };

  const queryOf = (need: Need, caller: Caller): CredentialQuery => ({
    host: need.host,
    ...(need.repository === undefined ? {} : { repository: need.repository }),
    ...(caller.identity === undefined ? {} : { identity: caller.identity }),
    ...(caller.signal === undefined ? {} : { signal: caller.signal }),
  });

  const brokerOf = (
    session: Session,
    realm: AcceptedRealm,
    credential: Credential | undefined,
    query: CredentialQuery,
  ) => {
    const key = JSON.stringify([realm.url.href, session.service ?? null, fingerprint(credential)]);
    let broker = session.brokers.get(key);
    if (broker !== undefined) return broker;
    let current = credential;
    broker = createTokenBroker({
      credential,
      clock,
      request: async (scopes) => {
        const source = current?.source ?? 'anonymous';
        const about = { host: session.host, realm: realm.url.host, scopes: scopes.length, source };
        const question = { host: session.host, realm, service: session.service, scopes, credential: current };
        const answer = await requestToken(question, (request) => parts.send(request, undefined));
        if (answer.kind === 'refused') {
          log({ event: 'token-refused', ...about, status: answer.status });
          return answer;
        }
        log({ event: 'token', ...about });
        const rotated = answer.refreshToken;
        if (current?.kind === 'identity-token' && rotated !== undefined && rotated !== current.secret) {
          const previous = current;
          current = { ...current, secret: rotated };
          // The secret has to be kept, whoever has stopped waiting for the token.
          const lasting = { ...query };
          delete lasting.signal;
          await finder.rotated(lasting, previous, rotated);
        }
        return answer;
      },
    });
    session.brokers.set(key, broker);
    return broker;
  };

  const grantFor = async (attempt: Attempt, force: boolean): Promise<Grant | TokenRefused> => {
    const { need, caller } = attempt;
    const session = sessionOf(need.host, caller.identity);
    const { scheme } = session;
    if (scheme === 'unknown' || scheme === 'open') return { kind: 'none', fresh: true, scheme };
    const query = queryOf(need, caller);
    const credential = attempt.anonymously ? undefined : await finder.find(query);
    if (credential !== undefined) remember(session, credential);
    if (credential?.kind === 'bearer') {
      return { kind: 'ready-bearer', header: `Bearer ${credential.secret}`, credential, fresh: force, scheme };
    }
    if (scheme === 'basic' || session.realm === undefined) {
      if (credential?.kind !== 'basic') return { kind: 'none', fresh: true, scheme };
      return { kind: 'basic', header: basicHeader(credential), credential, fresh: force, scheme };
    }
    const given = session.realm.takesCredentials ? credential : undefined;
    const scopes = attempt.wish ?? need.scopes;
    const outcome = await brokerOf(session, session.realm, given, query).get(scopes, {
      force,
      alone: attempt.alone,
      signal: caller.signal,
    });
    if ('refused' in outcome) {
      if (given === undefined)
        return { kind: 'refused', status: outcome.refused, ...credentialPart(attempt.refusedCredential) };
      attempt.refusedCredential = given;
      remember(session, given, `refused by ${session.realm.url.host} (${outcome.refused})`);
      finder.forget(need.host);
      if (!need.read) return { kind: 'refused', status: outcome.refused, credential: given };
      const anonymous = await anonymousInstead(attempt);
      return anonymous.kind === 'refused' ? { kind: 'refused', status: outcome.refused, credential: given } : anonymous;
    }
    const { token, fresh } = outcome;
    return { kind: 'token', header: `Bearer ${token.value}`, token, fresh, scheme, ...credentialPart(given) };
  };

  /** A stale login must not stand between a user and what is public. */
  const anonymousInstead = (attempt: Attempt): Promise<Grant | TokenRefused> => {
    const source = attempt.refusedCredential?.source ?? 'unknown';
    log({ event: 'anonymous-instead', host: attempt.need.host, source });
    attempt.anonymously = true;
    return grantFor(attempt, false);
  };

  const remember = (session: Session, credential: Credential, lastError?: string): void => {
    const key = fingerprint(credential);
    if (lastError !== undefined || !session.used.has(key)) {
      session.used.set(key, { credential, ...(lastError === undefined ? {} : { lastError }) });
    }
  };

  const learn = (session: Session, challenges: readonly Challenge[], origin: URL): Challenge | undefined => {
    const bearer = challenges.find((c) => c.scheme === 'bearer' && c.parameters.realm !== undefined);
    const basic = challenges.find((c) => c.scheme === 'basic');
    const chosen = bearer ?? basic;
    if (bearer?.parameters.realm !== undefined) {
      const realm = bearer.parameters.realm;
      if (session.realmText !== realm || session.realm === undefined) {
        const registryClass = parts.addressClass(origin.origin) ?? 'public';
        try {
          session.realm = acceptRealm({ realm, registry: origin, registryClass });
        } catch (error) {
          log({ event: 'realm-refused', host: session.host, realm: realm.slice(0, 200), reason: String(error) });
          throw error;
        }
        session.realmText = realm;
      }
      session.service = bearer.parameters.service?.slice(0, 500);
      session.scheme = 'bearer';
    } else if (basic !== undefined) {
      session.scheme = 'basic';
    }
    return chosen;
  };

  const next: Authorizer['next'] = async (attempt, grant, { status, challenges, origin }) => {
    const { need, caller } = attempt;
    attempt.rounds += 1;
    if (attempt.rounds > MAX_ROUNDS) return undefined;
    const session = sessionOf(need.host, caller.identity);
    if (status === 401) {
      const challenge = learn(session, challenges, origin);
      if (challenge === undefined) return undefined;
      if (grant.kind === 'none' && grant.scheme !== session.scheme) return grantFor(attempt, false);
      const wish = parseScopes(challenge.parameters.scope ?? '');
      if (grant.kind === 'token' && attempt.wish === undefined && wish.length > 0) {
        if (!isAcceptableWish(wish, need)) {
          log({ event: 'scope-refused', host: need.host, scope: wish.map(formatScope).join(' ').slice(0, 200) });
        } else if (!covers(grant.token?.scopes ?? [], wish)) {
          attempt.wish = wish;
        }
      }
    }
    if (grant.token !== undefined) {
      dropToken(session, grant.token);
      if (!grant.fresh || attempt.wish !== undefined) return grantFor(attempt, true);
      if (grant.token.scopes.length > need.scopes.length && !attempt.alone) {
        attempt.alone = true;
        return grantFor(attempt, true);
      }
    }
    if (grant.credential !== undefined) {
      attempt.refusedCredential = grant.credential;
      if (status === 401) remember(session, grant.credential, `refused by ${need.host} (${status})`);
      // Passwords change, and those of clouds expire: the source may have a newer one.
      if (!grant.fresh) {
        finder.forget(need.host);
        const again = await grantFor(attempt, true);
        if (again.kind !== 'refused' && again.header !== grant.header) return again;
      }
      if (need.read && !attempt.anonymously) return anonymousInstead(attempt);
    }
    return undefined;
  };

  const dropToken = (session: Session, token: Token): void => {
    for (const broker of session.brokers.values()) broker.cache.remove(token);
  };

  return {
    begin: (need, caller) => ({ need, caller, rounds: 0, anonymously: false, alone: false }),
    first: (attempt) => grantFor(attempt, false),
    next,
    challenged: (host, identity, challenges, origin) => {
      learn(sessionOf(host, identity), challenges, origin);
    },
    knows: (host, identity) => sessionOf(host, identity).scheme !== 'unknown',
    answered: (attempt, grant) => {
      const session = sessionOf(attempt.need.host, attempt.caller.identity);
      if (session.scheme === 'unknown') session.scheme = 'open';
      if (attempt.alone && grant.kind === 'token') {
        for (const broker of session.brokers.values()) broker.oneByOne();
      }
    },
    prepare: async (needs, caller) => {
      const groups = new Map<TokenBroker, Scope[]>();
      for (const need of needs) {
        const session = sessionOf(need.host, caller.identity);
        if (session.scheme !== 'bearer' || session.realm === undefined) continue;
        const query = queryOf(need, caller);
        const credential = await finder.find(query);
        if (credential?.kind === 'bearer') continue;
        const given = session.realm.takesCredentials ? credential : undefined;
        const broker = brokerOf(session, session.realm, given, query);
        groups.set(broker, [...(groups.get(broker) ?? []), ...need.scopes]);
      }
      await Promise.all([...groups].map(([broker, scopes]) => broker.prepare(scopes, caller.signal)));
    },
    sessions: () => [...sessions.values()].flatMap(describe),
    credential: (host, caller) => finder.find(queryOf({ host, scopes: [], read: true }, caller)),
    forget: (host) => {
      finder.forget(host);
      for (const [key, session] of sessions) if (host === undefined || session.host === host) sessions.delete(key);
    },
  };
}

const credentialPart = (credential: Credential | undefined): { credential?: Credential } =>
  credential === undefined ? {} : { credential };

/** One entry per credential that was shown, and one for what is held anonymously. */
function describe(session: Session): RegistrySession[] {
  const { host, identity } = session;
  if (session.scheme === 'unknown') return [];
  const tokens = [...session.brokers.values()].flatMap((broker) => broker.cache.all());
  const entry = (credential: Credential | undefined, lastError?: string): RegistrySession => {
    const own = fingerprint(credential);
    const scopes = tokens
      .filter((token) => fingerprint(token.credential) === own)
      .flatMap(({ scopes: held, expiresAt }) => held.map((scope) => ({ scope: formatScope(scope), expiresAt })));
    return {
      host,
      ...(identity === undefined ? {} : { identity }),
      ...(credential?.username === undefined ? {} : { username: credential.username }),
      source: credential?.source ?? 'anonymous',
      kind: credential?.kind ?? 'anonymous',
      scopes,
      ...(lastError === undefined ? {} : { lastError }),
    };
  };
  const shown = [...session.used.values()].map(({ credential, lastError }) => entry(credential, lastError));
  const anonymous = shown.length === 0 || tokens.some((token) => token.credential === undefined);
  return anonymous ? [...shown, entry(undefined)] : shown;
}
