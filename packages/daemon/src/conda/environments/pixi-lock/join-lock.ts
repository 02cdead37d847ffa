import { CondockError } from '@condock/protocol';
import { parseChannelUrl } from '../../channel-url.ts';
import { type EntryFacts, entryMaker } from '../entry.ts';
import type { EnvironmentEntry, ListedEnvironment } from '../types.ts';
import type { LockDocument, LockRecord, Scalar } from './model.ts';

type Kind = 'conda' | 'pypi' | 'conda_source';

/**
 * Joins the references of a lock's environments with its records: by location, and by whatever of name, version, build
 * and subdir stands beside it. A reference without record stays, with `invalid-environment` as its error.
 */
export function joinLock(document: LockDocument, path: string): ListedEnvironment[] {
  const find = lockEntries(document, path);
  const subdirs = new Map(document.platforms.map(({ name, subdir }) => [name, subdir ?? name]));
  return document.environments.flatMap(({ name, platforms }): ListedEnvironment[] => {
    // An environment without packages is shown as empty, not left out.
    if (platforms.length === 0) return [{ name, platform: null, packages: [] }];
    return platforms.map((platform) => {
      const subdir = subdirs.get(platform.name) ?? platform.name;
      return { name, platform: platform.name, packages: platform.references.map((one) => find(one, subdir)) };
    });
  });
}

/** A record, the entry that it became, and the next record of its location. */
interface Held {
  readonly record: LockRecord;
  entry: EnvironmentEntry | undefined;
  next: Held | undefined;
}

/** A function that finds the entry for a reference. One entry per record, however many environments have it. */
function lockEntries(
  document: LockDocument,
  path: string,
): (reference: LockRecord, subdir: string) => EnvironmentEntry {
  const held: Record<Kind, Map<string, Held>> = { conda: new Map(), pypi: new Map(), conda_source: new Map() };
  for (const record of document.records) {
    const one: Held = { record, entry: undefined, next: undefined };
    const ofKind = held[kindOf(record)];
    const location = locationOf(record);
    let last = ofKind.get(location);
    if (last === undefined) {
      ofKind.set(location, one);
      continue;
    }
    while (last.next !== undefined) last = last.next;
    last.next = one;
  }
  const make = entryMaker();
  const channelOf = channelReader();
  return (reference, subdir) => {
    let fit: EnvironmentEntry | undefined;
    const first = held[kindOf(reference)].get(locationOf(reference));
    for (let one = first; one !== undefined; one = one.next) {
      const entry = (one.entry ??= make(factsOf(one.record, channelOf)));
      if (!selects(reference, entry)) continue;
      if (entry.subdir === subdir) return entry;
      fit ??= entry;
    }
    if (fit !== undefined) return fit;
    const why =
      first === undefined ? 'has no record of it' : 'no record of it has that name, version, build and subdir';
    const error = new CondockError('invalid-environment', `${path} lists ${locationOf(reference)}, but ${why}.`, {
      hint: 'Run "pixi lock" to write the lock again.',
    });
    return make({ ...factsOf(reference, channelOf), error });
  };
}

/** One literal for all kinds: a lock has thousands of these. */
function factsOf(record: LockRecord, channelOf: (channel: Scalar) => Scalar): EntryFacts {
  const kind = kindOf(record);
  const location = locationOf(record);
  const source = kind === 'conda_source' ? splitSource(location) : undefined;
  return {
    kind: kind === 'pypi' ? 'pypi' : kind === 'conda' && isArchive(record, location) ? 'conda' : 'source',
    location: source?.location ?? location,
    name: source?.name ?? record.name,
    version: record.version,
    build: record.build,
    subdir: record.subdir,
    fileName: record.file_name,
    channel: kind === 'conda' ? channelOf(record.channel) : undefined,
    sha256: record.sha256,
    md5: record.md5,
    size: record.size,
    license: record.license,
  };
}

/** Before version 7 a source package is a location that is no archive. */
function isArchive(record: LockRecord, location: string): boolean {
  if (location.endsWith('.conda') || location.endsWith('.tar.bz2')) return true;
  return typeof record.file_name === 'string' || /^[a-z][a-z0-9+.-]+:\/\//i.test(location);
}

/** Channels as URLs, each looked at once; null for what is none. */
function channelReader(): (channel: Scalar) => Scalar {
  const channels = new Map<string, string | null>();
  return (channel) => {
    if (typeof channel !== 'string') return channel;
    let known = channels.get(channel);
    if (known === undefined) channels.set(channel, (known = channelUrl(channel)));
    return known;
  };
}

function channelUrl(channel: string): string | null {
  try {
    return parseChannelUrl(channel).url;
  } catch {
    return null;
  }
}

/** Versions 4 and 5 have `kind` and `url` or `path`; later ones a key that is the kind and holds the location. */
function kindOf(record: LockRecord): Kind {
  if (typeof record.conda === 'string') return 'conda';
  if (typeof record.pypi === 'string' || record.kind === 'pypi') return 'pypi';
  return typeof record.conda_source === 'string' ? 'conda_source' : 'conda';
}

function locationOf(record: LockRecord): string {
  return record.conda ?? record.pypi ?? record.conda_source ?? record.url ?? record.path ?? '';
}

/** `name[0123abcd] @ location`, or without the hash where the name is unique. */
function splitSource(text: string): { name: string | undefined; location: string } {
  const match = /^([^[\s]+)(?:\[[^\]]*\])?\s+@\s+(.*)$/.exec(text);
  return { name: match?.[1], location: match?.[2] ?? text };
}

function selects(reference: LockRecord, entry: EnvironmentEntry): boolean {
  return (
    fits(reference.name, entry.name) &&
    fits(reference.version, entry.version) &&
    fits(reference.build, entry.build) &&
    fits(reference.subdir, entry.subdir)
  );
}

const fits = (wanted: Scalar, value: string): boolean => typeof wanted !== 'string' || wanted === value;
