import { CondockError, redact, toCondockError } from '@condock/protocol';
import { splitPackageUrl } from '../channel-url.ts';
import { parseFileName } from '../file-name.ts';
import { isPlatform } from '../platforms.ts';
import { splitUrl } from '../split-url.ts';
import type { PackageFileName } from '../types.ts';
import type { EnvironmentEntry } from './types.ts';

/** What an input says of a package. Undefined: nothing; then it is derived from the location where it can be. */
export interface EntryFacts {
  kind: EnvironmentEntry['kind'];
  /** URL or path, as written. */
  location: string | null;
  name?: string | null | undefined;
  version?: string | null | undefined;
  build?: string | null | undefined;
  subdir?: string | null | undefined;
  fileName?: string | null | undefined;
  /** Null: the input says that there is none. */
  channel?: string | null | undefined;
  sha256?: string | null | undefined;
  md5?: string | null | undefined;
  size?: string | number | null | undefined;
  license?: string | null | undefined;
  /** What is known to be wrong with it already. */
  error?: CondockError | undefined;
}

interface Folder {
  /** Undefined where it is no URL. */
  url: string | undefined;
  /** Whether nothing had to be removed. */
  asWritten: boolean;
  local: boolean;
  channel: string | null;
  subdir: string | null;
  /** Whether the subdir is one for certain; many a channel's name reads like one. */
  isPlatform: boolean;
  error?: CondockError;
}

/**
 * A function that makes entries out of what one input says. It remembers the folders of URLs, of which a lock of
 * thousands of packages has a handful. Never throws: what is wrong becomes the entry's `error`.
 */
export function entryMaker(): (facts: EntryFacts) => EnvironmentEntry {
  const folders = new Map<string, Folder>();
  const folderOf = (url: string): Folder => {
    let folder = folders.get(url);
    if (folder === undefined) folders.set(url, (folder = readFolder(url)));
    return folder;
  };
  return (facts) => (facts.kind === 'conda' ? condaEntry(facts, folderOf) : foreignEntry(facts));
}

function condaEntry(facts: EntryFacts, folderOf: (url: string) => Folder): EnvironmentEntry {
  const place = facts.location === null ? undefined : placeOf(facts.location, folderOf);
  // Of a local file it is said below where it came from; that its folder is no subdir of a channel is no news.
  let error = facts.error ?? (place?.local === true ? undefined : place?.folder?.error);
  const fileName = facts.fileName ?? place?.last ?? null;
  let parsed: PackageFileName | undefined;
  try {
    if (fileName !== null) parsed = parseFileName(fileName);
  } catch (refused) {
    error ??= toCondockError(refused);
  }
  const channel = facts.channel === undefined ? (place?.folder?.channel ?? null) : facts.channel;
  // A path tells less than a channel, by which a registry may know the very same archive.
  const url = place === undefined || (place.local && isShared(channel)) ? null : place.url;
  if (url !== null && place?.local === true) error ??= localFile(fileName ?? url);
  const sha256 = hex(facts.sha256, SHA256);
  if (sha256 === undefined) error ??= badDigest(facts.name ?? fileName ?? 'a package');
  const entry: EnvironmentEntry = {
    name: facts.name ?? parsed?.name ?? fileName ?? '',
    version: facts.version ?? parsed?.version ?? '',
    build: facts.build ?? parsed?.build ?? '',
    subdir: subdirOf(facts.subdir, place?.folder),
    kind: 'conda',
    fileName: parsed?.fileName ?? fileName,
    channel,
    url,
    sha256: sha256 ?? null,
    md5: hex(facts.md5, MD5) ?? null,
    size: byteCount(facts.size),
    license: facts.license ?? null,
  };
  return error === undefined ? entry : { ...entry, error };
}

/** The URL is where the archive is; some writers record the platform that noarch packages were locked for. */
function subdirOf(written: string | null | undefined, folder: Folder | undefined): string {
  const derived = folder?.subdir ?? undefined;
  return folder?.isPlatform === true && derived !== undefined ? derived : (written ?? derived ?? '');
}

interface Place {
  url: string;
  /** The last segment, as written. */
  last: string;
  /** Undefined for a path. */
  folder: Folder | undefined;
  /** Whether only this machine can reach it. */
  local: boolean;
}

function placeOf(location: string, folderOf: (url: string) => Folder): Place {
  const bare = withoutSuffix(location);
  const cut = bare.lastIndexOf('/');
  const folder = cut > 0 ? folderOf(bare.slice(0, cut)) : NO_URL;
  if (folder.url === undefined) {
    const last = bare.slice(Math.max(cut, bare.lastIndexOf('\\')) + 1);
    return { url: location, last, folder: undefined, local: true };
  }
  const last = bare.slice(cut + 1);
  const url = folder.asWritten ? bare : `${folder.url}/${last}`;
  return { url, last, folder, local: folder.local };
}

function foreignEntry(facts: EntryFacts): EnvironmentEntry {
  const { kind, location } = facts;
  const name = facts.name ?? (location === null ? '' : (withoutSuffix(location).split('/').at(-1) ?? ''));
  const what = kind === 'pypi' ? 'comes from a Python package index' : 'is built from source';
  return {
    name,
    version: facts.version ?? '',
    build: facts.build ?? '',
    subdir: facts.subdir ?? '',
    kind,
    fileName: facts.fileName ?? null,
    channel: facts.channel ?? null,
    url: location === null ? null : cleanLocation(location),
    sha256: hex(facts.sha256, SHA256) ?? null,
    md5: hex(facts.md5, MD5) ?? null,
    size: byteCount(facts.size),
    license: facts.license ?? null,
    error:
      facts.error ??
      new CondockError('unsupported-source', `${name} ${what}, so no conda channel holds it.`, {
        hint: 'Only conda archives can be found in a registry.',
      }),
  };
}

const NO_URL: Folder = { url: undefined, asWritten: true, local: true, channel: null, subdir: null, isPlatform: false };

function readFolder(url: string): Folder {
  if (!isRemote(url)) return NO_URL;
  const unknown = { asWritten: false, local: /^file:/i.test(url), channel: null, subdir: null, isPlatform: false };
  try {
    const { scheme, authority, segments } = splitUrl(url);
    const clean = [`${scheme}://${authority}`, ...segments].join('/');
    const folder = { ...unknown, url: clean, asWritten: clean === url };
    try {
      const { channel, subdir } = splitPackageUrl(`${clean}/…`);
      return { ...folder, channel: channel.url, subdir, isPlatform: isPlatform(subdir) };
    } catch (error) {
      return { ...folder, error: toCondockError(error) };
    }
  } catch (error) {
    return { ...unknown, url: cleanLocation(url), error: toCondockError(error) };
  }
}

/** Whether a channel may be one that others can reach too. */
const isShared = (channel: string | null): boolean => channel !== null && isRemote(channel) && !/^file:/i.test(channel);

const isRemote = (text: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(text);

/** A location as it may be shown: no userinfo, token, query or fragment, whatever its scheme. */
export function cleanLocation(location: string): string {
  if (!isRemote(location)) return location;
  const bare = withoutSuffix(location)
    .replace(/^([a-z][a-z0-9+.-]+:\/\/)[^/]*@/i, '$1')
    .replace(/\/t\/[^/]+/, '');
  return redact(bare);
}

function withoutSuffix(text: string): string {
  return text.includes('#') || text.includes('?') ? text.slice(0, text.search(/[?#]/)) : text;
}

const SHA256 = /^[0-9a-f]{64}$/;
const MD5 = /^[0-9a-f]{32}$/;

/** Lower case; null where nothing is said, undefined where it is no such digest. */
function hex(text: string | null | undefined, digest: RegExp): string | null | undefined {
  if (text === null || text === undefined || text === '') return null;
  if (digest.test(text)) return text;
  const lower = text.toLowerCase();
  return digest.test(lower) ? lower : undefined;
}

/** Old records say 0 where they mean that they don't know. */
function byteCount(size: string | number | null | undefined): number | null {
  const bytes = typeof size === 'string' ? (/^[0-9]{1,16}$/.test(size) ? Number(size) : 0) : (size ?? 0);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

function localFile(what: string): CondockError {
  return new CondockError('unsupported-source', `${what} came from a local file, which no registry is known to hold.`, {
    hint: 'Publish it with "condock publish", and install it from that channel.',
  });
}

function badDigest(name: string): CondockError {
  return new CondockError('unknown-digest', `What is recorded as the SHA-256 of ${name} is not 64 hex digits.`, {
    hint: 'Lock the environment again, or install the package again.',
  });
}
