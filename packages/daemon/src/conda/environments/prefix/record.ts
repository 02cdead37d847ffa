import { toCondockError } from '@condock/protocol';
import { parseChannelUrl } from '../../channel-url.ts';
import { type EntryFacts, entryMaker } from '../entry.ts';
import type { EnvironmentEntry } from '../types.ts';

type Document = Readonly<Record<string, unknown>>;

/** Makes entries of the records of installed prefixes (CEP 32), in all the spellings that tools have left behind. */
export function recordReader(): (text: string) => EnvironmentEntry {
  const makeEntry = entryMaker();
  return (text) => {
    const record = JSON.parse(text) as unknown;
    if (typeof record !== 'object' || record === null || Array.isArray(record)) throw new Error('it is no JSON object');
    const fields = record as Document;
    const name = textAt(fields, 'name');
    const version = textAt(fields, 'version');
    if (name === undefined || version === undefined) throw new Error('it has no "name" and "version"');
    const url = textAt(fields, 'url');
    const channel = textAt(fields, 'channel');
    return makeEntry({
      kind: channel === 'pypi' ? 'pypi' : 'conda',
      location: url ?? null,
      name,
      version,
      build: textAt(fields, 'build'),
      subdir: textAt(fields, 'subdir'),
      fileName: fileNameOf(fields, url),
      // The URL tells more: channels stand there with and without final slash or subdir, as names, or as <unknown>.
      ...(url !== undefined && /^(?:https?|oci|s3|gcs):\/\//i.test(url) ? {} : channelFacts(channel, url)),
      sha256: textAt(fields, 'sha256'),
      md5: textAt(fields, 'md5'),
      size: typeof fields.size === 'number' ? fields.size : undefined,
      license: textAt(fields, 'license'),
    });
  };
}

/** Undefined: the URL says it. Else `fn`; older tools leave its extension off, and some leave it out. */
function fileNameOf(fields: Document, url: string | undefined): string | undefined {
  if (url !== undefined) return undefined;
  const fn = textAt(fields, 'fn');
  if (fn !== undefined && /\.(?:conda|tar\.bz2)$/.test(fn)) return fn;
  const tarball = textAt(fields, 'package_tarball_full_path');
  return tarball?.split(/[/\\]/).at(-1) ?? fn;
}

/** A channel that is none, or several, is what is wrong with a record that says nothing else of where it came from. */
function channelFacts(channel: string | undefined, url: string | undefined): Pick<EntryFacts, 'channel' | 'error'> {
  if (channel === undefined) return { channel: null };
  try {
    const parsed = parseChannelUrl(channel);
    return { channel: parsed.url.startsWith('file:') ? null : parsed.url };
  } catch (error) {
    const known = channel === 'pypi' || channel === '<unknown>' || url !== undefined;
    return { channel: null, ...(known ? {} : { error: toCondockError(error) }) };
  }
}

function textAt(fields: Document, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
