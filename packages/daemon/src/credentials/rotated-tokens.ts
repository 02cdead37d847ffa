import type { Credential } from '../oci/auth/credential-source.ts';

/**
 * Refresh tokens that registries replaced, for those whose first form stands in another tool's file. The file is not written: it
 * belongs to the other tool. As soon as the file holds something else, that counts again.
 */
export class RotatedTokens {
  readonly #newest = new Map<string, string>();

  remember(host: string, previous: Credential, secret: string): void {
    for (const [key, newest] of this.#newest) if (newest === previous.secret) this.#newest.set(key, secret);
    this.#newest.set(`${host} ${previous.secret}`, secret);
  }

  apply(host: string, found: Credential): Credential {
    const newest = found.kind === 'identity-token' ? this.#newest.get(`${host} ${found.secret}`) : undefined;
    return newest === undefined ? found : { ...found, secret: newest };
  }
}
