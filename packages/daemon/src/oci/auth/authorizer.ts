import type { RegistrySession } from '../registry-client.ts';
import type { AddressClass } from '../transport/addresses.ts';
import type { Clock } from '../transport/clock.ts';
import type { HttpRequest, HttpResponse } from '../transport/dispatch.ts';
import type { TransportLogger } from '../transport/events.ts';
import { type Challenge, lacksScope } from './challenge.ts';
import { type CredentialFinder, fingerprint } from './credential-finder.ts';
import type { Credential, CredentialQuery } from './credential-source.ts';
import { acceptRealm, type AcceptedRealm } from './realm-rules.ts';
import { createRotations } from './rotations.ts';
import { covers, formatScope, isAcceptableWish, type Need, parseScopes, type Scope } from './scopes.ts';
import { createSessions, type Session } from './sessions.ts';
import { createTokenBroker, type TokenBroker } from './token-broker.ts';
import type { Token } from './token-cache.ts';
import { basicHeader } from './token-request.ts';
import { createTokenRequester } from './token-requester.ts';

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
  /** The token for many repositories that was not taken: now one for this alone is tried. */
  instead?: Token;
  /** Scopes that the registry asked for in place of ours, within what the request stands for. */
  wish?: readonly Scope[];
  /** The credential that was refused, for the error message. */
  refusedCredential?: Credential;
}

export interface AuthorizerParts {
  finder: CredentialFinder;
  clock: Clock;
  send: (request: HttpRequest) => Promise<HttpResponse>;
  addressClass: (origin: string) => AddressClass | undefined;
  log: TransportLogger;
}

export interface Authorizer {
  begin(need: Need, caller: Caller): Attempt;
  /** What the first request is sent with. */
  first(attempt: Attempt): Promise<Grant | TokenRefused>;
  /**
   * After a 401, or another answer that may mean one: what to send next, or undefined where nothing is left to try. Throws
   * `insecure` for a token server that must not be asked.
   */
  next(
    attempt: Attempt,
    grant: Grant,
    answer: { status: number; challenges: readonly Challenge[]; origin: URL },
  ): Promise<Grant | TokenRefused | undefined>;
  /** An answer that was no challenge. */
  answered(attempt: Attempt, grant: Grant): void;
  /** A challenge that came without a request of anybody's: what `GET /v2/` answers. None: it is open as far as one can tell. */
  challenged(host: string, identity: string | undefined, challenges: readonly Challenge[], origin: URL): void;
  /** True as soon as a host has said, to this identity, how it wants to be talked to. */
  knows(host: string, identity: string | undefined): boolean;
  /** What the source has for a host as a whole. */
  credential(host: string, caller: Caller): Promise<Credential | undefined>;
  /** Fetches tokens ahead of their use, many repositories in one. */
  prepare(needs: readonly Need[], caller: Caller): Promise<void>;
  sessions(): RegistrySession[];
  forget(host?: string): void;
  /** Identities whose connection has ended. */
  forgetIdentities(gone: (identity: string) => boolean): void;
}

interface Wish {
  /** What the source said before was refused. */
  force?: boolean;
  /** The token that was refused. */
  instead?: Token | undefined;
}

const MAX_ROUNDS = 5;
/** One may have been taken back for another reason. */
const REFUSALS_FOR_MANY = 2;

/** Decides what goes into the Authorization header: learned from challenges, per host and identity. */
export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const { finder, log } = parts;
  const sessions = createSessions();
  const rotations = createRotations();
  const sessionFor = ({ need, caller }: Attempt): Session => sessions.of(need.host, caller.identity);

  /** What the source has, under the name that it had before a registry exchanged its refresh token. */
  const find = async (query: CredentialQuery): Promise<Credential | undefined> => {
    const found = await finder.find(query);
    return rotations.lineOf(query.host, found)?.first ?? found;
  };

  const grantFor = async (attempt: Attempt, { force = false, instead }: Wish = {}): Promise<Grant | TokenRefused> => {
    const { need, caller } = attempt;
    const session = sessionFor(attempt);
    const { scheme } = session;
    if (scheme === 'unknown' || scheme === 'open') return { kind: 'none', fresh: true, scheme };
    const query = queryOf(need, caller);
    const credential = attempt.anonymously ? undefined : await find(query);
    if (credential !== undefined) sessions.note(session, credential);
    if (credential?.kind === 'bearer') {
      return { kind: 'ready-bearer', header: `Bearer ${credential.secret}`, credential, fresh: force, scheme };
    }
    if (scheme === 'basic' || session.realm === undefined) {
      if (credential?.kind !== 'basic') return { kind: 'none', fresh: true, scheme };
      return { kind: 'basic', header: basicHeader(credential), credential, fresh: force, scheme };
    }
    const given = session.realm.takesCredentials ? credential : undefined;
    const broker = brokerOf(session, session.realm, given, query);
    const wish = { instead, alone: attempt.instead !== undefined, signal: caller.signal };
    const outcome = await broker.get(attempt.wish ?? need.scopes, wish);
    if ('refused' in outcome) return withoutToken(attempt, session.realm, given, outcome.refused);
    const { token, fresh } = outcome;
    return { kind: 'token', header: `Bearer ${token.value}`, token, fresh, scheme, ...credentialPart(given) };
  };

  const withoutToken = async (
    attempt: Attempt,
    realm: AcceptedRealm,
    given: Credential | undefined,
    status: number,
  ): Promise<Grant | TokenRefused> => {
    if (given === undefined) return { kind: 'refused', status, ...credentialPart(attempt.refusedCredential) };
    attempt.refusedCredential = given;
    sessions.note(sessionFor(attempt), given, `refused by ${realm.url.host} (${status})`);
    finder.refused(attempt.need.host);
    const refused: TokenRefused = { kind: 'refused', status, credential: given };
    if (!attempt.need.read) return refused;
    const anonymous = await anonymousInstead(attempt);
    return anonymous.kind === 'refused' ? refused : anonymous;
  };

  /** A stale login must not stand between a user and what is public. */
  const anonymousInstead = (attempt: Attempt): Promise<Grant | TokenRefused> => {
    const source = attempt.refusedCredential?.source ?? 'unknown';
    log({ event: 'anonymous-instead', host: attempt.need.host, source });
    attempt.anonymously = true;
    return grantFor(attempt);
  };

  const brokerOf = (
    session: Session,
    realm: AcceptedRealm,
    credential: Credential | undefined,
    query: CredentialQuery,
  ): TokenBroker => {
    const key = JSON.stringify([realm.url.href, session.service ?? null, fingerprint(credential)]);
    let broker = session.brokers.get(key);
    if (broker === undefined) {
      const { host, service } = session;
      const line = rotations.lineOf(host, credential);
      const request = createTokenRequester({ host, realm, service, credential, line }, query, parts);
      session.brokers.set(key, (broker = createTokenBroker({ credential, clock: parts.clock, request })));
    }
    return broker;
  };

  const learn = (session: Session, challenges: readonly Challenge[], origin: URL): Challenge | undefined => {
    const bearer = challenges.find((c) => c.scheme === 'bearer' && c.parameters.realm !== undefined);
    const basic = challenges.find((c) => c.scheme === 'basic');
    const realm = bearer?.parameters.realm;
    if (bearer === undefined || realm === undefined) {
      if (basic !== undefined) session.scheme = 'basic';
      return basic;
    }
    if (session.realmText !== realm || session.realm === undefined) {
      const registryClass = parts.addressClass(origin.origin) ?? 'public';
      session.realm = acceptRealm({ realm, registry: origin, registryClass });
      session.realmText = realm;
    }
    session.service = bearer.parameters.service?.slice(0, 500);
    session.scheme = 'bearer';
    return bearer;
  };

  /** What the registry asked for, where that is no more than what the request stands for. */
  const considerWish = (attempt: Attempt, token: Token, text: string): void => {
    const wish = parseScopes(text);
    if (wish.length === 0 || attempt.wish !== undefined) return;
    if (!isAcceptableWish(wish, attempt.need)) {
      const scope = wish.map(formatScope).join(' ').slice(0, 200);
      log({ event: 'scope-refused', host: attempt.need.host, scope });
    } else if (!covers(token.scopes, wish)) {
      attempt.wish = wish;
    }
  };

  const next: Authorizer['next'] = async (attempt, grant, { status, challenges, origin }) => {
    const { need } = attempt;
    attempt.rounds += 1;
    if (attempt.rounds > MAX_ROUNDS) return undefined;
    const session = sessionFor(attempt);
    if (status === 401) {
      const challenge = learn(session, challenges, origin);
      if (challenge === undefined) return undefined;
      if (grant.kind === 'none' && grant.scheme !== session.scheme) return grantFor(attempt);
      if (grant.token !== undefined) considerWish(attempt, grant.token, challenge.parameters.scope ?? '');
    }
    if (grant.token !== undefined) {
      for (const broker of session.brokers.values()) broker.cache.remove(grant.token);
      const wished = attempt.wish !== undefined && !covers(grant.token.scopes, attempt.wish);
      const forMany = grant.token.scopes.length > need.scopes.length && attempt.instead === undefined;
      // Close to its end a token is refused for its age, whatever it was for.
      if (forMany && parts.clock.now() < grant.token.refreshAt) attempt.instead = grant.token;
      if (!grant.fresh || wished || forMany) return grantFor(attempt, { force: true, instead: grant.token });
    }
    if (grant.credential === undefined) return undefined;
    attempt.refusedCredential = grant.credential;
    // A login that may not do this one thing was not refused.
    if (status === 401 && !lacksScope(challenges)) {
      sessions.note(session, grant.credential, `refused by ${need.host} (${status})`);
    }
    if (!grant.fresh) {
      // Passwords change, and those of clouds expire: the source may have a newer one.
      finder.refused(need.host);
      const again = await grantFor(attempt, { force: true, instead: grant.token });
      if (again.kind !== 'refused' && again.header !== grant.header) return again;
    }
    return need.read && !attempt.anonymously ? anonymousInstead(attempt) : undefined;
  };

  return {
    begin: (need, caller) => ({ need, caller, rounds: 0, anonymously: false }),
    first: (attempt) => grantFor(attempt),
    next,
    answered: (attempt, grant) => {
      const session = sessionFor(attempt);
      if (session.scheme === 'unknown') session.scheme = 'open';
      if (attempt.instead === undefined || grant.kind !== 'token') return;
      session.refusedForMany.add(attempt.instead.value);
      if (session.refusedForMany.size < REFUSALS_FOR_MANY) return;
      for (const broker of session.brokers.values()) broker.oneByOne();
    },
    challenged: (host, identity, challenges, origin) => {
      const session = sessions.of(host, identity);
      if (learn(session, challenges, origin) === undefined && session.scheme === 'unknown') session.scheme = 'open';
    },
    knows: (host, identity) => sessions.of(host, identity).scheme !== 'unknown',
    credential: (host, caller) => finder.find(queryOf({ host, scopes: [], read: true }, caller)),
    prepare: async (needs, caller) => {
      const groups = new Map<TokenBroker, Scope[]>();
      for (const need of needs) {
        const session = sessions.of(need.host, caller.identity);
        if (session.scheme !== 'bearer' || session.realm === undefined) continue;
        const query = queryOf(need, caller);
        const credential = await find(query);
        if (credential?.kind === 'bearer') continue;
        const given = session.realm.takesCredentials ? credential : undefined;
        const broker = brokerOf(session, session.realm, given, query);
        const scopes = groups.get(broker);
        if (scopes === undefined) groups.set(broker, [...need.scopes]);
        else scopes.push(...need.scopes);
      }
      await Promise.all([...groups].map(([broker, scopes]) => broker.prepare(scopes, caller.signal)));
    },
    sessions: () => sessions.describe(),
    forget: (host) => {
      finder.forget(host);
      rotations.forget(host);
      sessions.forget(host);
    },
    forgetIdentities: (gone) => {
      finder.forgetIdentities(gone);
      sessions.forgetIdentities(gone);
    },
  };
}

const queryOf = ({ host, repository }: Need, { identity, signal }: Caller): CredentialQuery => ({
  host,
  ...(repository === undefined ? {} : { repository }),
  ...(identity === undefined ? {} : { identity }),
  ...(signal === undefined ? {} : { signal }),
});

const credentialPart = (credential: Credential | undefined): { credential?: Credential } =>
  credential === undefined ? {} : { credential };
