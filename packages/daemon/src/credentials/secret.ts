import type { Credential } from '../oci/auth/credential-source.ts';

/** What stands in a file or a keychain: a credential that does not say yet where it came from. */
export type Secret = Pick<Credential, 'kind' | 'username' | 'secret' | 'expiresAt'>;

/** `username` is left out, not undefined, where there is none. */
export function makeSecret(kind: Secret['kind'], secret: string, username: string | undefined): Secret {
  return { kind, secret, ...(username === undefined ? {} : { username }) };
}
