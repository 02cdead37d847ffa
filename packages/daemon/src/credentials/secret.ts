import type { Credential } from '../oci/auth/credential-source.ts';

/** What stands in a file or a keychain: a credential that does not say yet where it came from. */
export type Secret = Pick<Credential, 'kind' | 'username' | 'secret' | 'expiresAt'>;

/** `username` is left out, not undefined, where there is none. */
export function makeSecret(kind: Secret['kind'], secret: string, username: string | undefined): Secret {
  return { kind, secret, ...(username === undefined ? {} : { username }) };
}

/** A ready token goes into a header as it is (RFC 6750 §2.1): with a blank or a line break in it no request could be made. */
export function canBeSent({ kind, secret }: Secret): boolean {
  return kind !== 'bearer' || /^[\x21-\x7e]+$/.test(secret);
}
