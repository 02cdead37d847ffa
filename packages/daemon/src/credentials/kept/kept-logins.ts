import { join } from 'node:path';
import type { Credential } from '../../oci/auth/credential-source.ts';
import type { ParsedFileParts } from '../files/parsed-file.ts';
import { formatHostKey, type HostKey, mostSpecific } from '../host-key.ts';
import { keychainFailure } from '../keychain/failures.ts';
import type { Keychain, KeychainCall } from '../keychain/keychain.ts';
import type { Secret } from '../secret.ts';
import type { CredentialEntry, Source } from '../source.ts';
import { KeptIndex, type KeepWhere, type KeptLogin, sameKey } from './kept-index.ts';
import { readStoredSecret, SecretsFile } from './secrets-file.ts';
import { toCondockError } from '@condock/protocol';

export interface KeptLoginsParts extends ParsedFileParts {
  keychain: Keychain;
  configDir: string;
  random: () => string;
}

const SERVICE = 'condock';
const IN_KEYCHAIN = "keychain (Condock's login)";
const IN_MEMORY = "memory (Condock's login, until the daemon ends)";

/** What `condock login` keeps: in the keychain, or where the user openly chose, in memory or in a plain-text file. */
export class KeptLogins implements Source {
  readonly #parts: KeptLoginsParts;
  readonly #index: KeptIndex;
  readonly #file: SecretsFile;
  #memory: { key: HostKey; secret: Secret }[] = [];
  /** Secrets that the keychain gave, by key and stamp. */
  readonly #read = new Map<string, Secret>();

  constructor(parts: KeptLoginsParts) {
    this.#parts = parts;
    this.#index = new KeptIndex(parts, join(parts.configDir, 'logins.json'));
    this.#file = new SecretsFile(parts, join(parts.configDir, 'credentials.json'));
  }

  /** Names the place for people. */
  #describe(where: KeepWhere): string {
    if (where === 'keychain') return IN_KEYCHAIN;
    return where === 'memory' ? IN_MEMORY : `file (${this.#file.path})`;
  }

  async find(query: { host: string; repository?: string; signal?: AbortSignal }): Promise<Credential | undefined> {
    const candidates = [
      ...this.#memory.map(({ key, secret }) => ({ key, where: 'memory' as const, secret })),
      ...this.#index.all().map((login) => ({ key: login.key, where: login.where, login })),
    ];
    const best = mostSpecific(candidates, query.host, query.repository);
    if (best === undefined) return undefined;
    const secret = 'secret' in best ? best.secret : await this.#secretOf(best.login, query.signal);
    if (secret === undefined) return undefined;
    const { namespace } = best.key;
    return { ...secret, source: this.#describe(best.where), ...(namespace === undefined ? {} : { namespace }) };
  }

  list(): Promise<CredentialEntry[]> {
    const all = [
      ...this.#memory.map(({ key, secret }) => ({ key, where: 'memory' as const, ...secret })),
      ...this.#index.all(),
    ];
    return Promise.resolve(
      all.map(({ key, where, kind, username }) => ({
        host: key.host,
        namespace: key.namespace ?? null,
        username: username ?? null,
        source: this.#describe(where),
        kind,
      })),
    );
  }

  /** One login per key: what was kept under it before, wherever that was, goes. Rejects with `keychain-unavailable`. */
  keep(key: HostKey, secret: Secret, where: KeepWhere): Promise<CredentialEntry> {
    return this.#keep(key, secret, where, { insist: true });
  }

  async #keep(key: HostKey, secret: Secret, where: KeepWhere, call: KeychainCall): Promise<CredentialEntry> {
    const before = this.#index.all().find((login) => sameKey(login.key, key));
    if (where === 'keychain') {
      await this.#parts.keychain.set(SERVICE, formatHostKey(key), JSON.stringify(secret), call);
    } else if (before?.where === 'keychain') {
      await this.#removeFromKeychain(key);
    }
    this.#memory = this.#memory.filter((kept) => !sameKey(kept.key, key));
    if (where === 'file') this.#file.set(key, secret);
    else this.#file.delete(key);
    if (where === 'memory') {
      this.#memory.push({ key, secret });
      if (before !== undefined) this.#index.remove(key);
    } else {
      const { kind, username } = secret;
      const stamp = this.#parts.random();
      this.#index.add({ key, kind, where, stamp, ...(username === undefined ? {} : { username }) });
    }
    this.#parts.problems.clear(problemPlace(key));
    const entry = { host: key.host, namespace: key.namespace ?? null, username: secret.username ?? null };
    return { ...entry, source: this.#describe(where), kind: secret.kind };
  }

  /** The places from which a login was removed. Without a namespace: every login of that host. */
  async remove(key: HostKey): Promise<string[]> {
    const concerns = (other: HostKey): boolean =>
      key.namespace === undefined ? other.host === key.host : sameKey(other, key);
    const removed = new Set<string>();
    if (this.#memory.some((kept) => concerns(kept.key))) removed.add(this.#describe('memory'));
    this.#memory = this.#memory.filter((kept) => !concerns(kept.key));
    for (const login of this.#index.all().filter((one) => concerns(one.key))) {
      if (login.where === 'keychain') await this.#removeFromKeychain(login.key);
      else this.#file.delete(login.key);
      this.#index.remove(login.key);
      this.#parts.problems.clear(problemPlace(login.key));
      removed.add(this.#describe(login.where));
    }
    return [...removed];
  }

  /**
   * Keeps a refresh token that the registry rotated, in the place of the one that it replaced. No person waits for it; where it
   * can't be kept that becomes a problem, since the one that is kept is of no use any more.
   */
  async rotate(previous: Credential, host: string, repository: string | undefined, secret: string): Promise<void> {
    const kept = this.#memory.find((one) => one.secret.secret === previous.secret);
    if (kept !== undefined) {
      kept.secret = { ...kept.secret, secret };
      return;
    }
    const login = mostSpecific(this.#index.all(), host, repository);
    if (login === undefined) return;
    const current = await this.#secretOf(login, undefined);
    if (current?.secret !== previous.secret) return;
    try {
      await this.#keep(login.key, { ...current, secret }, login.where, {});
    } catch (error) {
      const account = formatHostKey(login.key);
      this.#parts.problems.set(
        problemPlace(login.key),
        `The registry exchanged the refresh token for ${account}, and the new one could not be kept: ${toCondockError(error).message} It holds until the daemon ends; then log in again.`,
      );
    }
  }

  async #secretOf(login: KeptLogin, signal: AbortSignal | undefined): Promise<Secret | undefined> {
    if (login.where === 'file') return this.#file.get(login.key);
    const account = formatHostKey(login.key);
    const known = this.#read.get(`${account} ${login.stamp}`);
    if (known !== undefined) return known;
    const { keychain, problems } = this.#parts;
    const place = problemPlace(login.key);
    try {
      const text = await keychain.get(SERVICE, account, { signal });
      if (text === undefined) throw keychainFailure('locked', 'it has nothing to say of a login that was kept in it');
      const secret = readStoredSecret(JSON.parse(text));
      if (secret === undefined) throw keychainFailure('refused', 'what it holds is not a login of Condock');
      this.#read.set(`${account} ${login.stamp}`, secret);
      problems.clear(place);
      return secret;
    } catch (error) {
      signal?.throwIfAborted();
      const failure = error instanceof SyntaxError ? keychainFailure('refused', 'its answer is malformed') : error;
      problems.set(place, `The login for ${account} can't be used: ${toCondockError(failure).message}`);
      return undefined;
    }
  }

  async #removeFromKeychain(key: HostKey): Promise<void> {
    const { keychain } = this.#parts;
    const account = formatHostKey(key);
    if (await keychain.delete(SERVICE, account, { insist: true })) return;
    // "Nothing there" is also what a locked keychain says; only writing tells the two apart.
    const probe = `condock-probe-${this.#parts.random()}`;
    await keychain.set(SERVICE, probe, 'probe', { insist: true });
    await keychain.delete(SERVICE, account, { insist: true });
    await keychain.delete(SERVICE, probe, { insist: true });
  }
}

function problemPlace(key: HostKey): string {
  return `login ${formatHostKey(key)}`;
}
