import type { Descriptor, Digest, ImageIndex, Manifest, Repository } from './types.ts';

/** How one request is made. */
export interface RequestOptions {
  signal?: AbortSignal;
  /** Opaque name of a secret that one client offered; passed through to the CredentialSource. */
  identity?: string;
  /** Interactive requests go ahead of background ones within a host's budget. Default interactive. */
  priority?: 'interactive' | 'background';
}

export interface FetchedManifest {
  digest: Digest;
  mediaType: string;
  /** Exactly what the registry sent; hashes to `digest`. */
  bytes: Uint8Array;
  document: Manifest | ImageIndex;
}

export interface BlobBody {
  /** Where `chunks` begins in the blob: the offset that was asked for, or 0 where the registry ignores Range. */
  offset: number;
  /** Bytes of the whole blob, where the registry says. */
  size: number | undefined;
  /** Must be read to its end, or left by `return()` (which ends the transfer). Not verified: that is the store's work. */
  chunks: AsyncIterable<Uint8Array>;
}

/** A blob to upload. `open` may be called again, at another offset, to resume. */
export interface UploadSource {
  size: number;
  /** Undefined: hashed while it is sent (one pass). */
  digest?: Digest;
  open(offset: number): AsyncIterable<Uint8Array>;
}

export interface UploadOptions extends RequestOptions {
  /** Repositories of the same host that may hold the blob: cross-repository mount is tried first. */
  mountFrom?: readonly string[];
  /** Skip the HEAD when the caller knows that the blob is not there. */
  skipCheck?: boolean;
  /** Bytes sent so far; may go back after a resume. */
  onProgress?: (sent: number) => void;
}

export interface UploadResult {
  digest: Digest;
  size: number;
  moved: 'uploaded' | 'mounted' | 'present';
}

export interface PutManifestResult {
  digest: Digest;
  /** The registry keeps the referrers list itself (it answered OCI-Subject). */
  subjectHandled: boolean;
}

export interface PingAnswer {
  status: number;
  challenges: string[];
  webPage: boolean;
}

/** One request to one repository, for finding out what a registry can do. */
export interface ProbeRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE' | 'OPTIONS';
  /** Below `/v2/<name>/`, with its query: `blobs/uploads/?mount=…`; or the Location of an earlier answer, as it came. */
  path: string;
  /** What the token must allow; default pull. */
  actions?: 'pull' | 'pull,push' | 'pull,push,delete';
}

/** The answer as it is, whatever its status; its body is thrown away. */
export interface ProbeAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** What is known of one conversation with a registry. Never a secret. */
export interface RegistrySession {
  host: string;
  /** As in `RequestOptions`; undefined: shared by all clients. */
  identity?: string;
  username?: string;
  source: string;
  kind: 'basic' | 'bearer' | 'identity-token' | 'anonymous';
  /** Tokens that are held: what for, and until when (epoch milliseconds). */
  scopes: { scope: string; expiresAt?: number }[];
  lastError?: string;
}

/**
 * The distribution client (OCI distribution-spec v1.1). Everything absent is `undefined`, never an exception: 404, and
 * ghcr's 403 at the token endpoint for repositories that do not exist (indistinguishable from private without a
 * credential; then the error `login-required` is thrown only where the registry itself said 401).
 * Failures are `CondockError` with `host`, `status` and `credentialSource` in `data`.
 */
export interface RegistryClient {
  /**
   * GET /v2/: is it a registry, and how does it want to be talked to? `challenges` are those of the first, anonymous answer.
   * Where there is a credential for the host, `status` is the answer to it (Basic as it is; for Bearer a token without any
   * scope is asked for): 2xx shows that the registry takes the credential, 401 or 403 (of either server) that it does not.
   * `webPage`: the first answer was HTML and asked for nothing, as no registry's is.
   * Rejects only where nothing of the kind could be found out (`unreachable`, `timeout`, `insecure`, `registry-error`).
   */
  ping(host: string, options?: RequestOptions): Promise<PingAnswer>;
  headBlob(
    repository: Repository,
    digest: Digest,
    options?: RequestOptions,
  ): Promise<{ size: number | undefined } | undefined>;
  getBlob(
    repository: Repository,
    digest: Digest,
    options?: RequestOptions & { offset?: number; /** Inclusive. */ end?: number },
  ): Promise<BlobBody | undefined>;
  headManifest(
    repository: Repository,
    tagOrDigest: string,
    options?: RequestOptions,
  ): Promise<{ digest: Digest | undefined; size: number | undefined } | undefined>;
  getManifest(
    repository: Repository,
    tagOrDigest: string,
    options?: RequestOptions,
  ): Promise<FetchedManifest | undefined>;
  putManifest(
    repository: Repository,
    tagOrDigest: string,
    bytes: Uint8Array,
    mediaType: string,
    options?: RequestOptions,
  ): Promise<PutManifestResult>;
  /** False where it was not there. Throws `unsupported-by-registry` on 405 or UNSUPPORTED. */
  deleteManifest(repository: Repository, tagOrDigest: string, options?: RequestOptions): Promise<boolean>;
  deleteBlob(repository: Repository, digest: Digest, options?: RequestOptions): Promise<boolean>;
  /** Pages of `_catalog`. Throws `unsupported-by-registry` where the registry has none (ghcr), `denied` where it is not for us. */
  listRepositories(host: string, options?: RequestOptions): AsyncIterable<string[]>;
  /** Pages of tags; nothing for a repository that does not exist. */
  listTags(repository: Repository, options?: RequestOptions): AsyncIterable<string[]>;
  /** Referrers API, else the fallback tag. */
  listReferrers(
    repository: Repository,
    digest: Digest,
    options?: RequestOptions & { artifactType?: string },
  ): Promise<Descriptor[]>;
  uploadBlob(repository: Repository, source: UploadSource, options?: UploadOptions): Promise<UploadResult>;
  /** One request with the repository's session: authorized, never retried for its status. */
  probe?(repository: Repository, request: ProbeRequest, options?: RequestOptions): Promise<ProbeAnswer>;
  /** The sessions that are held now. */
  sessions?(): RegistrySession[];
  /**
   * Fetches tokens for many repositories ahead of their use, as many in one token as the registry allows. What is refused here
   * is refused again, with its reason, to whoever asks for it. Nothing happens where a registry wants no tokens.
   */
  authorize?(repositories: readonly Repository[], actions: 'pull' | 'push', options?: RequestOptions): Promise<void>;
  /** Forgets tokens and what was learned of a host, or of all: after a login or logout the next request asks for credentials anew. */
  forget?(host?: string): void;
  /** Forgets secrets, tokens and what was learned in the name of identities that nobody can name any more. */
  forgetIdentities?(gone: (identity: string) => boolean): void;
  close(): Promise<void>;
}
