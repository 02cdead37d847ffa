import type { RegistrySession } from '../registry-client.ts';
import { fingerprint } from './credential-finder.ts';
import type { Credential } from './credential-source.ts';
import type { AcceptedRealm } from './realm-rules.ts';
import { formatScope } from './scopes.ts';
import type { TokenBroker } from './token-broker.ts';

/** What is known of one host in the name of one identity. */
export interface Session {
  host: string;
  identity: string | undefined;
  /** `open`: it has not asked for anything yet. */
  scheme: 'unknown' | 'open' | 'basic' | 'bearer';
  realm?: AcceptedRealm;
  /** As the registry wrote it. */
  realmText?: string;
  service?: string | undefined;
  brokers: Map<string, TokenBroker>;
  /** Tokens for many repositories that were refused where one for a single was taken. */
  refusedForMany: Set<string>;
  /** By fingerprint: what was shown to the registry, and what it last said against it. */
  used: Map<string, { credential: Credential; lastError?: string }>;
}

export interface Sessions {
  of(host: string, identity: string | undefined): Session;
  /** Notes that a credential was shown, and maybe refused. */
  note(session: Session, credential: Credential, lastError?: string): void;
  describe(): RegistrySession[];
  forget(host?: string): void;
  forgetIdentities(gone: (identity: string) => boolean): void;
}

/** Identities come and go with the clients that offer them. */
const MAX_SESSIONS = 500;

export function createSessions(): Sessions {
  const sessions = new Map<string, Session>();
  return {
    of: (host, identity) => {
      const key = JSON.stringify([host, identity ?? null]);
      let session = sessions.get(key);
      if (session === undefined) {
        session = { host, identity, scheme: 'unknown', brokers: new Map(), used: new Map(), refusedForMany: new Set() };
        const [oldest] = sessions.keys();
        if (sessions.size >= MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
        sessions.set(key, session);
      }
      return session;
    },
    note: (session, credential, lastError) => {
      const key = fingerprint(credential);
      if (lastError === undefined && session.used.has(key)) return;
      session.used.set(key, { credential, ...(lastError === undefined ? {} : { lastError }) });
    },
    describe: () => [...sessions.values()].flatMap(describe),
    forget: (host) => {
      for (const [key, session] of sessions) if (host === undefined || session.host === host) sessions.delete(key);
    },
    forgetIdentities: (gone) => {
      for (const [key, { identity }] of sessions) if (identity !== undefined && gone(identity)) sessions.delete(key);
    },
  };
}

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
