import type { Credential } from '../oci/auth/credential-source.ts';

export interface SourceQuery {
  /** With port. */
  host: string;
  repository?: string;
  signal?: AbortSignal;
}

/** One credential as people may see it: never a secret. */
export interface CredentialEntry {
  /** With port; may be a pattern (`*.ghcr.io`) where the source keeps patterns. */
  host: string;
  namespace: string | null;
  username: string | null;
  source: string;
  kind: Credential['kind'];
  /** Why it can't be used as it stands, or undefined where it can. */
  note?: string;
}

/**
 * One place where secrets come from. A source never fails because of what it finds: it says so in `Problems` and gives way
 * to the next one. Only cancellation is thrown.
 */
export interface Source {
  /** For `importFrom`: which other tool keeps it. */
  readonly tool?: 'docker' | 'podman' | 'pixi';
  /** Words by which problems name it: the paths of its files. */
  places?(): readonly string[];
  find(query: SourceQuery): Promise<Credential | undefined>;
  /** A registry refused what was found for it: what is remembered of a slow place may be out of date. */
  refused?(host: string): void;
  list(signal?: AbortSignal): Promise<CredentialEntry[]>;
}
