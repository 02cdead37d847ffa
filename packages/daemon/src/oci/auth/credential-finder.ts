import { createHash } from 'node:crypto';
import { SingleFlight } from '../../system/single-flight.ts';
import type { Clock } from '../transport/clock.ts';
import type { Credential, CredentialQuery, CredentialSource } from './credential-source.ts';

/** Asks a source, and remembers its answers for a moment: hundreds of requests at once ask the same. */
export interface CredentialFinder {
  find(query: CredentialQuery): Promise<Credential | undefined>;
  rotated(query: CredentialQuery, previous: Credential, secret: string): Promise<void>;
  /** As `forget`, and the source is told that what it said was refused. */
  refused(host: string): void;
  /** The next question goes to the source again; without a host, for all. */
  forget(host?: string): void;
  forgetIdentities(gone: (identity: string) => boolean): void;
}

interface Remembered {
  credential: Credential | undefined;
  until: number;
  host: string;
  identity: string | undefined;
}

const REMEMBERED_MS = 10_000;

export function createCredentialFinder(source: CredentialSource, clock: Clock): CredentialFinder {
  const remembered = new Map<string, Remembered>();
  const flights = new SingleFlight<Credential | undefined>();

  const forget = (host?: string): void => {
    for (const [key, entry] of remembered) if (host === undefined || entry.host === host) remembered.delete(key);
  };

  return {
    forget,
    forgetIdentities: (gone) => {
      for (const [key, { identity }] of remembered) {
        if (identity !== undefined && gone(identity)) remembered.delete(key);
      }
    },
    refused: (host) => {
      forget(host);
      source.refused?.(host);
    },
    find: async ({ signal, ...query }) => {
      const key = JSON.stringify([query.host, query.repository ?? null, query.identity ?? null]);
      const known = remembered.get(key);
      if (known !== undefined && clock.now() < known.until) return known.credential;
      return flights.run(
        key,
        async (shared) => {
          const credential = await source.find({ ...query, signal: shared });
          const now = clock.now();
          if (remembered.size > 1000) for (const [k, { until }] of remembered) if (until <= now) remembered.delete(k);
          const until = Math.min(now + REMEMBERED_MS, credential?.expiresAt ?? Infinity);
          remembered.set(key, { credential, until, host: query.host, identity: query.identity });
          return credential;
        },
        signal,
      );
    },
    rotated: async (query, previous, secret) => {
      forget(query.host);
      await source.rotated?.(query, previous, secret);
    },
  };
}

/** Tells credentials apart without keeping them in keys: equal for equal secrets of one user. */
export function fingerprint(credential: Credential | undefined): string {
  if (credential === undefined) return 'anonymous';
  const { kind, username, secret } = credential;
  return createHash('sha256')
    .update(JSON.stringify([kind, username ?? null, secret]))
    .digest('base64');
}
