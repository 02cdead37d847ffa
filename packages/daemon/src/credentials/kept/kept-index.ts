import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeLeftTemporariesOf, writeFileAtomic } from '../../system/atomic-file.ts';
import { asObject, asText, parseJsonObject } from '../files/json.ts';
import { ParsedFile, type ParsedFileParts } from '../files/parsed-file.ts';
import { formatHostKey, type HostKey, parseHostKey } from '../host-key.ts';
import type { Secret } from '../secret.ts';

export type KeepWhere = 'keychain' | 'memory' | 'file';

/** That a login was kept, and where; never the secret itself. */
export interface KeptLogin {
  key: HostKey;
  kind: Secret['kind'];
  username?: string;
  where: Exclude<KeepWhere, 'memory'>;
  /** Changes with every login, so that a secret read before is not taken for the present one. */
  stamp: string;
}

/**
 * `logins.json`: which logins Condock keeps. With it a host without a login costs no call to the keychain, and a keychain that
 * answers nothing for a host that is listed here is known to be locked.
 */
export class KeptIndex {
  readonly #path: string;
  readonly #file: ParsedFile<KeptLogin[]>;

  constructor(parts: ParsedFileParts, path: string) {
    this.#path = path;
    this.#file = new ParsedFile(parts, {
      path,
      label: "list of Condock's logins",
      parse: parseIndex,
      hasSecrets: () => false,
    });
  }

  all(): readonly KeptLogin[] {
    return this.#file.get() ?? [];
  }

  /** Replaces what is there under the same key. */
  add(login: KeptLogin): void {
    this.#write([...this.all().filter((other) => !sameKey(other.key, login.key)), login]);
  }

  remove(key: HostKey): void {
    this.#write(this.all().filter((other) => !sameKey(other.key, key)));
  }

  #write(logins: readonly KeptLogin[]): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    removeLeftTemporariesOf(this.#path);
    const document = {
      version: 1,
      about: "Logins that Condock keeps. The secrets are elsewhere: in the system's keychain, or in credentials.json.",
      logins: Object.fromEntries(logins.map(({ key, ...rest }) => [formatHostKey(key), rest])),
    };
    writeFileAtomic(this.#path, `${JSON.stringify(document, null, 2)}\n`);
  }
}

export function sameKey(a: HostKey, b: HostKey): boolean {
  return a.host === b.host && a.namespace === b.namespace;
}

export function isKind(value: unknown): value is Secret['kind'] {
  return value === 'basic' || value === 'bearer' || value === 'identity-token';
}

function parseIndex(text: string): KeptLogin[] {
  return Object.entries(asObject(parseJsonObject(text).logins) ?? {}).flatMap(([name, value]): KeptLogin[] => {
    const key = parseHostKey(name);
    const entry = asObject(value);
    if (key === undefined || entry === undefined) return [];
    const { kind, where } = entry;
    if (!isKind(kind) || (where !== 'keychain' && where !== 'file')) return [];
    const username = asText(entry.username);
    const login: KeptLogin = { key, kind, where, stamp: asText(entry.stamp) ?? '' };
    return [username === undefined ? login : { ...login, username }];
  });
}
