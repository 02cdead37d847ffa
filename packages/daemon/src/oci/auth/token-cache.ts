import type { Clock } from '../transport/clock.ts';
import type { Credential } from './credential-source.ts';
import { covers, type Scope } from './scopes.ts';

/** A token as it is kept. */
export interface Token {
  value: string;
  scopes: readonly Scope[];
  /** Epoch milliseconds after which it must not be used. */
  expiresAt: number;
  /** Epoch milliseconds from which on a new one is fetched beside its use. */
  refreshAt: number;
  credential: Credential | undefined;
}

/** Tokens of one registry, identity and credential, found by what they are good for. */
export interface TokenCache {
  find(scopes: readonly Scope[]): Token | undefined;
  add(token: Token): void;
  remove(token: Token): void;
  /** Those that still hold. */
  all(): Token[];
}

const MAX_SCOPES = 20_000;

/**
 * When a token of some lifetime (milliseconds) is renewed, and when it is no longer used: a request may be under way for a while,
 * and clocks differ.
 */
export function lifeOf(lifetimeMs: number, now: number): Pick<Token, 'expiresAt' | 'refreshAt'> {
  const margin = Math.min(5000, lifetimeMs / 10);
  return { expiresAt: now + lifetimeMs - margin, refreshAt: now + lifetimeMs * 0.75 };
}

export function createTokenCache(clock: Clock): TokenCache {
  // By each scope's repository: the newest token first.
  const byName = new Map<string, Token[]>();
  const nameOf = (scope: Scope): string => `${scope.type}:${scope.name}`;
  const namesOf = (scopes: readonly Scope[]): string[] =>
    scopes.length === 0 ? [''] : [...new Set(scopes.map(nameOf))];

  const remove = (token: Token): void => {
    for (const name of namesOf(token.scopes)) {
      const rest = (byName.get(name) ?? []).filter((t) => t !== token);
      if (rest.length === 0) byName.delete(name);
      else byName.set(name, rest);
    }
  };

  const all = (): Token[] => [...new Set([...byName.values()].flat())].filter((t) => t.expiresAt > clock.now());

  return {
    remove,
    all,
    find: (scopes) => {
      const now = clock.now();
      const [name = ''] = namesOf(scopes);
      return byName.get(name)?.find((t) => t.expiresAt > now && (scopes.length === 0 || covers(t.scopes, scopes)));
    },
    add: (token) => {
      if (byName.size > MAX_SCOPES) byName.clear();
      const now = clock.now();
      for (const name of namesOf(token.scopes)) {
        const others = (byName.get(name) ?? []).filter((t) => t.expiresAt > now && !covers(token.scopes, t.scopes));
        byName.set(name, [token, ...others]);
      }
    },
  };
}
