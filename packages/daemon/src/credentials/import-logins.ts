import { toCondockError } from '@condock/protocol';
import { normalizeHost, parseHostKey } from './host-key.ts';
import type { KeepWhere } from './kept/kept-index.ts';
import type { KeptLogins } from './kept/kept-logins.ts';
import type { CredentialEntry, Source } from './source.ts';

export interface ImportedLogin extends CredentialEntry {
  kept: boolean;
  note?: string;
}

/**
 * What the sources of another tool hold, each entry with what became of it. Nothing has to be imported to be used: a copy of one's
 * own is for those who want to be rid of the other tool's file.
 */
export async function importLogins(
  sources: readonly Source[],
  kept: KeptLogins,
  options: { host?: string; keep?: KeepWhere; signal?: AbortSignal },
): Promise<ImportedLogin[]> {
  const wanted = options.host === undefined ? undefined : parseHostKey(options.host);
  const found: ImportedLogin[] = [];
  for (const source of sources) {
    for (const entry of await source.list(options.signal)) {
      if (wanted !== undefined && normalizeHost(entry.host) !== wanted.host) continue;
      const shadowed = found.some((other) => other.host === entry.host && other.namespace === entry.namespace);
      found.push(
        shadowed
          ? { ...entry, kept: false, note: 'Another entry for the same registry comes before it.' }
          : await importOne(source, entry, kept, options),
      );
    }
  }
  return found;
}

async function importOne(
  source: Source,
  entry: CredentialEntry,
  kept: KeptLogins,
  { keep, signal }: { keep?: KeepWhere; signal?: AbortSignal },
): Promise<ImportedLogin> {
  if (entry.note !== undefined || keep === undefined) return { kept: false, ...entry };
  if (entry.host.startsWith('*.')) {
    return {
      ...entry,
      kept: false,
      note: 'A pattern can be used where it is, but not kept: Condock keeps single hosts.',
    };
  }
  const query = { host: entry.host, ...(entry.namespace === null ? {} : { repository: entry.namespace }) };
  const credential = await source.find({ ...query, ...(signal === undefined ? {} : { signal }) });
  if (credential === undefined) return { ...entry, kept: false, note: 'It could not be read; see the warnings.' };
  const key = { host: normalizeHost(entry.host), ...(entry.namespace === null ? {} : { namespace: entry.namespace }) };
  const { kind, username, secret } = credential;
  try {
    await kept.keep(key, { kind, secret, ...(username === undefined ? {} : { username }) }, keep);
    return { ...entry, username: username ?? null, kept: true };
  } catch (error) {
    const failure = toCondockError(error);
    return { ...entry, kept: false, note: `${failure.message} ${failure.hint ?? ''}`.trim() };
  }
}
