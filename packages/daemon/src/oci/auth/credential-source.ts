/** A secret and where it came from. Never logged, never sent to a client of the daemon. */
export interface Credential {
  kind: 'basic' | 'bearer' | 'identity-token';
  username?: string;
  /** Password, ready bearer token, or OAuth refresh token, by `kind`. */
  secret: string;
  /** For people: `docker config (/home/u/.docker/config.json)`. */
  source: string;
  /** Holds only for repositories at or below this path. */
  namespace?: string;
  /** Epoch milliseconds after which the source must be asked again. */
  expiresAt?: number;
}

export interface CredentialQuery {
  /** With port, as the user writes it. */
  host: string;
  /** Repository path; undefined for questions about the host as a whole. */
  repository?: string;
  /**
   * The secret offered under this name goes first, for the registries that it was offered for; shared sources serve the others.
   * Made by `scopedIdentity` (credentials/) of a connection and its own name for the secret; see `session/offer`.
   */
  identity?: string;
  signal?: AbortSignal;
}

/** Where the client asks for secrets. credentials/ implements it; tests pass their own. */
export interface CredentialSource {
  /** Undefined: anonymous. Throws `CondockError` only for failures that a user must know of. */
  find(query: CredentialQuery): Promise<Credential | undefined>;
  /** One sentence for the hint of a refusal: why there is no better credential (a locked keychain, a failed helper). */
  explain?(host: string): string | undefined;
  /** A registry refused what was found for it: what is remembered of a slow place may be out of date. */
  refused?(host: string): void;
  /** A registry that rotates refresh tokens handed out a new one. */
  rotated?(query: CredentialQuery, previous: Credential, secret: string): Promise<void>;
}
