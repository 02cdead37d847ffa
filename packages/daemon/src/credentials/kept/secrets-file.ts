import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeLeftTemporariesOf, writeFileAtomic } from '../../system/atomic-file.ts';
import { asObject, asText, parseJsonObject } from '../files/json.ts';
import { ParsedFile, type ParsedFileParts } from '../files/parsed-file.ts';
import { formatHostKey, type HostKey, parseHostKey } from '../host-key.ts';
import { makeSecret, type Secret } from '../secret.ts';
import { isKind, sameKey } from './kept-index.ts';

interface Stored {
  key: HostKey;
  secret: Secret;
}

/**
 * `credentials.json`: secrets in plain text, mode 0600, for those who asked for just that (`--keep file`). It says of itself
 * what it is.
 */
export class SecretsFile {
  readonly path: string;
  readonly #file: ParsedFile<Stored[]>;

  constructor(parts: ParsedFileParts, path: string) {
    this.path = path;
    this.#file = new ParsedFile(parts, {
      path,
      label: "file of Condock's logins",
      parse: parseStored,
      hasSecrets: (stored) => stored.length > 0,
    });
  }

  get(key: HostKey): Secret | undefined {
    return this.#file.get()?.find((stored) => sameKey(stored.key, key))?.secret;
  }

  set(key: HostKey, secret: Secret): void {
    this.#write([...this.#others(key), { key, secret }]);
  }

  /** False where there was nothing. */
  delete(key: HostKey): boolean {
    removeLeftTemporariesOf(this.path);
    if (this.get(key) === undefined) return false;
    this.#write(this.#others(key));
    return true;
  }

  #others(key: HostKey): Stored[] {
    return (this.#file.get() ?? []).filter((stored) => !sameKey(stored.key, key));
  }

  #write(stored: readonly Stored[]): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const document = {
      version: 1,
      about: 'Passwords and tokens in plain text, kept here by explicit wish. "condock logout HOST" removes one.',
      secrets: Object.fromEntries(stored.map(({ key, secret }) => [formatHostKey(key), secret])),
    };
    writeFileAtomic(this.path, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600 });
  }
}

function parseStored(text: string): Stored[] {
  return Object.entries(asObject(parseJsonObject(text).secrets) ?? {}).flatMap(([name, value]) => {
    const key = parseHostKey(name);
    const secret = readStoredSecret(value);
    return key === undefined || secret === undefined ? [] : [{ key, secret }];
  });
}

/** What `JSON.stringify` made of a secret, in the file and in the keychain. */
export function readStoredSecret(value: unknown): Secret | undefined {
  const entry = asObject(value);
  const secret = asText(entry?.secret);
  return secret === undefined || !isKind(entry?.kind)
    ? undefined
    : makeSecret(entry.kind, secret, asText(entry.username));
}
