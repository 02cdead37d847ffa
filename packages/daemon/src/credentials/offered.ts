import type { Credential } from '../oci/auth/credential-source.ts';
import { type HostKey, mostSpecific } from './host-key.ts';
import type { Secret } from './secret.ts';
import type { SourceQuery } from './source.ts';

/**
 * The name under which an identity is asked for (`CredentialQuery.identity`): one client's names mean nothing in another
 * client's requests. The engine makes it from the connection that a request came in on, never from what the request says.
 */
export function scopedIdentity(connection: string, identity: string): string {
  return JSON.stringify([connection, identity]);
}

/** True for an identity of that connection, as `scopedIdentity` makes them. */
export function belongsTo(identity: string, connection: string): boolean {
  return identity.startsWith(`[${JSON.stringify(connection)},`);
}

interface Offer {
  connection: string;
  key: HostKey;
  secret: Secret;
}

/** Secrets that clients hold themselves and lend to their own requests, in memory, as long as they are connected. */
export class OfferedSecrets {
  readonly #byIdentity = new Map<string, Offer[]>();

  /** The same identity may hold secrets for several registries; a second one for the same registry takes the first's place. */
  offer(connection: string, identity: string, key: HostKey, secret: Secret): void {
    const scoped = scopedIdentity(connection, identity);
    const others = (this.#byIdentity.get(scoped) ?? []).filter(
      (offer) => offer.key.host !== key.host || offer.key.namespace !== key.namespace,
    );
    this.#byIdentity.set(scoped, [...others, { connection, key, secret }]);
  }

  /** `unknown` where nobody offered anything under this name (or its connection has ended). */
  find(identity: string, { host, repository }: SourceQuery): Credential | undefined | 'unknown' {
    const offers = this.#byIdentity.get(identity);
    if (offers === undefined) return 'unknown';
    const best = mostSpecific(offers, host, repository);
    if (best === undefined) return undefined;
    const { namespace } = best.key;
    return { ...best.secret, source: 'offered by the client', ...(namespace === undefined ? {} : { namespace }) };
  }

  /** A registry gave a new refresh token for one that was offered. */
  replace(identity: string, previous: string, secret: string): boolean {
    const offers = this.#byIdentity.get(identity) ?? [];
    const old = offers.find((offer) => offer.secret.secret === previous);
    if (old === undefined) return false;
    this.#byIdentity.set(
      identity,
      offers.map((offer) => (offer === old ? { ...old, secret: { ...old.secret, secret } } : offer)),
    );
    return true;
  }

  connectionClosed(connection: string): void {
    for (const [identity, offers] of this.#byIdentity) {
      if (offers.some((offer) => offer.connection === connection)) this.#byIdentity.delete(identity);
    }
  }
}
