import { asObject, asText, type JsonObject, parseJsonObject } from '../files/json.ts';
import { FileDefect } from '../files/parsed-file.ts';
import { formatHostKey, helperServer, type HostKey, parseHostKey } from '../host-key.ts';
import type { Secret } from '../secret.ts';

export interface DockerConfig {
  auths: DockerAuth[];
  /** Helper suffix by host; an empty one switches helpers off for that host. */
  credHelpers: ReadonlyMap<string, string>;
  credsStore: string | undefined;
  /** Entries that could not be understood, for a warning: keys only. */
  malformed: string[];
}

export interface DockerAuth {
  key: HostKey;
  /** Undefined: `{}`, a marker that a helper holds the secret. */
  secret: Secret | undefined;
}

/**
 * Docker's `config.json`, podman's `auth.json`, and the older `.dockercfg` (whose top level is the map of hosts).
 * Throws `FileDefect` where the file as a whole makes no sense; single bad entries are named in `malformed`.
 */
export function parseDockerConfig(text: string): DockerConfig {
  const document = parseJsonObject(text);
  const legacy = !['auths', 'credHelpers', 'credsStore'].some((name) => name in document) && looksLegacy(document);
  const auths = legacy ? document : document.auths === null ? {} : asObject(document.auths ?? {});
  const helpers = document.credHelpers === null ? {} : asObject(document.credHelpers ?? {});
  if (auths === undefined) throw new FileDefect('"auths" is not an object');
  if (helpers === undefined) throw new FileDefect('"credHelpers" is not an object');

  const config = { auths: [] as DockerAuth[], malformed: [] as string[] };
  const credHelpers = new Map<string, string>();
  for (const [name, value] of oldSpellingsLast(auths)) {
    const key = parseHostKey(name);
    const entry = value === null ? {} : asObject(value);
    const secret = entry === undefined ? 'malformed' : readSecret(entry);
    if (key === undefined || secret === 'malformed') config.malformed.push(name);
    else config.auths.push({ key, secret });
  }
  for (const [name, suffix] of oldSpellingsLast(helpers)) {
    const key = parseHostKey(name);
    if (key === undefined || key.namespace !== undefined || typeof suffix !== 'string') config.malformed.push(name);
    else if (!credHelpers.has(key.host)) credHelpers.set(key.host, suffix);
  }
  return { ...config, credHelpers, credsStore: asText(document.credsStore) };
}

/** Where one registry stands under several spellings docker takes today's; the others are what older versions left behind. */
function oldSpellingsLast(entries: JsonObject): [string, unknown][] {
  const isOld = (name: string): boolean => {
    const key = parseHostKey(name);
    return key !== undefined && name !== formatHostKey(key) && name !== helperServer(key.host);
  };
  return Object.entries(entries).sort(([a], [b]) => Number(isOld(a)) - Number(isOld(b)));
}

function looksLegacy(document: JsonObject): boolean {
  const values = Object.values(document);
  return values.length > 0 && values.every((value) => typeof asObject(value)?.auth === 'string');
}

/** Docker's own order: a ready token, then a refresh token, then name and password. */
function readSecret(entry: JsonObject): Secret | undefined | 'malformed' {
  const encoded = asText(entry.auth);
  const pair = encoded === undefined ? undefined : decodePair(encoded);
  if (pair === 'malformed') return 'malformed';
  const username = asText(pair?.username) ?? asText(entry.username);
  const named = username === undefined ? {} : { username };
  const registryToken = asText(entry.registrytoken);
  if (registryToken !== undefined) return { kind: 'bearer', secret: registryToken, ...named };
  const identityToken = asText(entry.identitytoken);
  if (identityToken !== undefined) return { kind: 'identity-token', secret: identityToken, ...named };
  const password = asText(pair?.password) ?? asText(entry.password);
  if (password === undefined) return undefined;
  if (username === '<token>') return { kind: 'identity-token', secret: password };
  return { kind: 'basic', secret: password, ...named };
}

/** base64 of `user:password`; the password may hold colons, and NULs have been seen at its end. */
function decodePair(encoded: string): { username: string; password: string } | 'malformed' {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0 || !/^[A-Za-z0-9+/_=\s-]*$/.test(encoded)) return 'malformed';
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}
