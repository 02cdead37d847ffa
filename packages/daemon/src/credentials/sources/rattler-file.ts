import { parseJsonObject } from '../files/json.ts';
import { ParsedFile, type ParsedFileParts } from '../files/parsed-file.ts';
import type { CredentialEntry, Source } from '../source.ts';
import {
  bestOf,
  hasExpired,
  type RattlerAuthentication,
  rattlerKeys,
  readRattlerAuthentication,
} from './rattler-authentication.ts';

export interface RattlerFileParts extends ParsedFileParts {
  now: () => number;
}

export interface RattlerFileOptions {
  path: string;
  label: string;
  mustExist?: boolean;
}

interface RattlerFile {
  byKey: ReadonlyMap<string, RattlerAuthentication>;
  malformed: string | undefined;
}

/** `~/.rattler/credentials.json`, or the file that RATTLER_AUTH_FILE or pixi's configuration names: host key to variant. */
export function rattlerFileSource(parts: RattlerFileParts, options: RattlerFileOptions): Source {
  const where = `${options.label} (${options.path})`;
  const file = new ParsedFile<RattlerFile>(parts, {
    ...options,
    parse: parseRattlerFile,
    hasSecrets: ({ byKey }) => byKey.size > 0,
  });
  const read = (): RattlerFile['byKey'] => {
    const parsed = file.get();
    const place = `${options.path}#entries`;
    if (parsed?.malformed === undefined) parts.problems.clear(place);
    else parts.problems.set(place, `The entry "${parsed.malformed}" of the ${where} is malformed and was left out.`);
    return parsed?.byKey ?? new Map<string, RattlerAuthentication>();
  };
  return {
    tool: 'pixi',
    places: () => [options.path],
    find: ({ host }) => {
      const byKey = read();
      const found = rattlerKeys(host).map((key) => byKey.get(key));
      const best = bestOf(found, { host, where, now: parts.now(), problems: parts.problems });
      return Promise.resolve(best && { ...best, source: where });
    },
    list: () =>
      Promise.resolve([...read()].map(([host, found]) => describeRattlerEntry(host, found, where, parts.now()))),
  };
}

/** How an entry of rattler's is shown. */
export function describeRattlerEntry(
  host: string,
  found: RattlerAuthentication,
  source: string,
  now: number,
): CredentialEntry {
  if (!('secret' in found)) {
    return { host, namespace: null, username: null, source, kind: 'bearer', note: found.note };
  }
  const { secret } = found;
  const entry = { host, namespace: null, username: secret.username ?? null, source, kind: secret.kind };
  return hasExpired(secret, now) ? { ...entry, note: 'It has expired: run "pixi auth login" again.' } : entry;
}

function parseRattlerFile(text: string): RattlerFile {
  const byKey = new Map<string, RattlerAuthentication>();
  let malformed: string | undefined;
  for (const [key, value] of Object.entries(parseJsonObject(text))) {
    const read = readRattlerAuthentication(value);
    if (read === undefined) malformed ??= key;
    else byKey.set(key.toLowerCase(), read);
  }
  return { byKey, malformed };
}
