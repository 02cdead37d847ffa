import { isAbsolute, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { CondockError } from '@condock/protocol';
import type { Credential, CredentialQuery, CredentialSource } from '../oci/auth/credential-source.ts';
import { runProgram, type RunProgram } from '../system/run-program.ts';
import { type FileAccess, nodeFiles } from './files/file-access.ts';
import { normalizeHost, readHostKey } from './host-key.ts';
import type { KeepWhere } from './kept/kept-index.ts';
import { KeptLogins } from './kept/kept-logins.ts';
import type { Keychain } from './keychain/keychain.ts';
import { OfferedSecrets } from './offered.ts';
import { credentialPlaces } from './places.ts';
import { Problems } from './problems.ts';
import { RotatedTokens } from './rotated-tokens.ts';
import { canBeSent, type Secret } from './secret.ts';
import type { CredentialEntry, Source } from './source.ts';
import { composeSources } from './compose-sources.ts';
import { importLogins, type ImportedLogin } from './import-logins.ts';

export interface CredentialsParts {
  env: Readonly<Record<string, string | undefined>>;
  homedir: string;
  /** `process.platform`. */
  platform: string;
  /** Numeric user id, where the platform has one. */
  uid?: number | undefined;
  /** Condock's own configuration directory; made when the first login is kept. */
  configDir: string;
  keychain: Keychain;
  run?: RunProgram;
  files?: FileAccess;
  /** Epoch milliseconds. */
  now?: () => number;
  random?: () => string;
  timeouts?: Partial<CredentialTimeouts>;
}

/** Milliseconds. */
export interface CredentialTimeouts {
  /** For one call of a credential helper. */
  helper: number;
  /** For one look at another tool's entry in the keychain. */
  keychain: number;
  /** For which the answer of a helper or of another tool's keychain entry holds. */
  answer: number;
}

const TIMEOUTS: CredentialTimeouts = { helper: 15_000, keychain: 5_000, answer: 300_000 };

export interface CredentialListing {
  entries: CredentialEntry[];
  /** What is wrong with the places that secrets come from. */
  warnings: string[];
}

/** Where secrets come from, in order; see docs/logins.md. Never shows one. */
export interface Credentials extends CredentialSource, Disposable {
  /** Every credential that could be used, and what is wrong with the places they come from. */
  list(signal?: AbortSignal): Promise<CredentialListing>;
  /** Keeps a login. `host` may name a part of a registry: `quay.io/team`. Rejects with `keychain-unavailable`, `usage`. */
  keep(host: string, secret: Secret, where: KeepWhere): Promise<CredentialEntry>;
  /** Forgets what `keep` kept; other tools' files are theirs. The places that held it. */
  logout(host: string): Promise<string[]>;
  /** A client's own secret, for requests of that connection that name it (`scopedIdentity`). */
  offer(connection: string, identity: string, host: string, secret: Secret): void;
  connectionClosed(connection: string): void;
  /** What another tool keeps, and with `keep` a copy of it there; and what is wrong with the places where it keeps it. */
  importFrom(
    tool: NonNullable<Source['tool']>,
    options: ImportOptions,
  ): Promise<{ found: ImportedLogin[]; warnings: string[] }>;
  /** Why there is no better answer for a host, where a kept login or a helper could not be used. */
  explain(host: string): string | undefined;
}

export interface ImportOptions {
  /** Only this registry. */
  host?: string;
  keep?: KeepWhere;
  signal?: AbortSignal;
}

export function createCredentials(parts: CredentialsParts): Credentials {
  const timeouts = { ...TIMEOUTS, ...parts.timeouts };
  const problems = new Problems();
  const shared = {
    env: parts.env,
    platform: parts.platform,
    files: parts.files ?? nodeFiles,
    now: parts.now ?? Date.now,
    run: parts.run ?? runProgram,
    random: parts.random ?? randomUUID,
    problems,
  };
  const places = credentialPlaces(parts);
  const kept = new KeptLogins({ ...shared, keychain: parts.keychain, configDir: parts.configDir });
  const sources: readonly Source[] = [
    kept,
    ...composeSources({
      ...shared,
      places,
      homedir: parts.homedir,
      keychain: parts.keychain,
      timeoutMs: timeouts.helper,
      keychainTimeoutMs: timeouts.keychain,
      helperAnswerMs: timeouts.answer,
      isAbsolute,
      usesPixi: () => ['.pixi', '.rattler'].some((name) => shared.files.stat(join(parts.homedir, name)) !== undefined),
    }),
  ];
  const offered = new OfferedSecrets();
  const rotated = new RotatedTokens();

  const isUsable = (found: Credential, host: string): boolean => {
    const place = `token of ${found.source} for ${host}`;
    if (canBeSent(found)) {
      problems.clear(place);
      return true;
    }
    const sentence = `The token for ${host} holds a blank, a line break or what else can't be sent, so it was left out.`;
    problems.set(place, sentence, { namedBy: found.source, host: normalizeHost(host) });
    return false;
  };

  const find = async (query: CredentialQuery): Promise<Credential | undefined> => {
    if (query.identity !== undefined) {
      const found = offered.find(query.identity, query);
      if (found === 'unknown') {
        throw new CondockError(
          'login-required',
          'The request names an identity that was not offered on its connection.',
          {
            hint: 'Offer the secret with session/offer first; it is forgotten when the connection ends.',
            data: { host: query.host },
          },
        );
      }
      if (found !== undefined) return found;
    }
    for (const source of sources) {
      query.signal?.throwIfAborted();
      const found = await source.find(query);
      if (found !== undefined && isUsable(found, query.host)) return rotated.apply(query.host, found);
    }
    return undefined;
  };

  return {
    find,
    rotated: async (query, previous, secret) => {
      if (query.identity !== undefined && offered.replace(query.identity, previous.secret, secret)) return;
      rotated.remember(query.host, previous, secret);
      await kept.rotate(previous, query.host, query.repository, secret);
    },
    refused: (host) => {
      for (const source of sources) source.refused?.(host);
    },
    list: async (signal) => {
      const lists = await Promise.all(sources.map((source) => source.list(signal)));
      return { entries: lists.flat(), warnings: [...places.warnings, ...problems.all()] };
    },
    keep: async (host, secret, where) => kept.keep(readHostKey(host), secret, where),
    logout: async (host) => kept.remove(readHostKey(host)),
    offer: (connection, identity, host, secret) => offered.offer(connection, identity, readHostKey(host), secret),
    connectionClosed: (connection) => offered.connectionClosed(connection),
    importFrom: async (tool, options) => {
      const own = sources.filter((source) => source.tool === tool);
      const found = await importLogins(own, kept, options);
      return { found, warnings: problems.of(own.flatMap((source) => source.places?.() ?? [])) };
    },
    explain: (host) => problems.about(normalizeHost(host)),
    [Symbol.dispose]: () => parts.keychain[Symbol.dispose](),
  };
}
