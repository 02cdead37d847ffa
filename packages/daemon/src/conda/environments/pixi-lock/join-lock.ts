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
  const entries = new LockEntries(document, path);
  const subdirs = new Map(document.platforms.map(({ name, subdir }) => [name, subdir ?? name]));
  return document.environments.flatMap(({ name, platforms }): ListedEnvironment[] => {
    // An environment without packages is shown as empty, not left out.
    if (platforms.length === 0) return [{ name, platform: null, packages: [] }];
    return platforms.map((platform) => ({
      name,
      platform: platform.name,
      packages: platform.references.map((r) => entries.find(r, subdirs.get(platform.name) ?? platform.name)),
    }));
  });
}

/** The records of one lock by location. One entry per record, however many environments have it. */
class LockEntries {
  readonly #records: Record<Kind, Map<string, LockRecord | LockRecord[]>> = {
    conda: new Map(),
    pypi: new Map(),
    conda_source: new Map(),
  };
  readonly #made = new Map<LockRecord, EnvironmentEntry>();
  readonly #make = entryMaker();
  readonly #channels = new Map<string, string | null>();
  readonly #path: string;

  constructor(document: LockDocument, path: string) {
    this.#path = path;
    for (const record of document.records) {
      const { kind, location } = locate(record);
      const known = this.#records[kind].get(location);
      if (known === undefined) this.#records[kind].set(location, record);
      else if (Array.isArray(known)) known.push(record);
      else this.#records[kind].set(location, [known, record]);
    }
  }

  find(reference: LockRecord, subdir: string): EnvironmentEntry {
    const { kind, location } = locate(reference);
    const found = this.#records[kind].get(location);
    if (found === undefined) return this.#orphan(reference, 'it has no record of that location');
    if (!Array.isArray(found)) {
      const entry = this.#entry(found);
      if (selects(reference, entry)) return entry;
    }
    const candidates = (Array.isArray(found) ? found : [found]).map((record) => this.#entry(record));
    const fit = candidates.filter((entry) => selects(reference, entry));
    return (
      fit.find((entry) => entry.subdir === subdir) ??
      fit[0] ??
      this.#orphan(reference, 'no record of that location has that name, version, build and subdir')
    );
  }

  #entry(record: LockRecord): EnvironmentEntry {
    let entry = this.#made.get(record);
    if (entry === undefined) this.#made.set(record, (entry = this.#make(this.#facts(record))));
    return entry;
  }

  /** One literal for all kinds: a lock has thousands of these. */
  #facts(record: LockRecord): EntryFacts {
    const { location, kind } = locate(record);
    const source = kind === 'conda_source' ? splitSource(location) : undefined;
    return {
      kind:
        kind === 'conda'
          ? isArchive(record, location)
            ? 'conda'
            : 'source'
          : source === undefined
            ? 'pypi'
            : 'source',
      location: source?.location ?? location,
      name: source?.name ?? record.name,
      version: record.version,
      build: record.build,
      subdir: record.subdir,
      fileName: record.file_name,
      channel: kind === 'conda' ? this.#channel(record.channel) : undefined,
      sha256: record.sha256,
      md5: record.md5,
      size: record.size,
      license: record.license,
    };
  }

  #channel(channel: Scalar): Scalar {
    if (typeof channel !== 'string') return channel;
    let known = this.#channels.get(channel);
    if (known === undefined) this.#channels.set(channel, (known = channelOf(channel)));
    return known;
  }

  #orphan(reference: LockRecord, why: string): EnvironmentEntry {
    const facts = this.#facts(reference);
    const { location } = locate(reference);
    const error = new CondockError('invalid-environment', `${this.#path} lists ${location}, but ${why}.`, {
      hint: 'Run "pixi lock" to write the lock again.',
    });
    return this.#make({ ...facts, error });
  }
}

/** Before version 7 a source package is a location that is no archive. */
function isArchive(record: LockRecord, location: string): boolean {
  if (location.endsWith('.conda') || location.endsWith('.tar.bz2')) return true;
  return typeof record.file_name === 'string' || /^[a-z][a-z0-9+.-]+:\/\//i.test(location);
}

function channelOf(channel: string): string | null {
  try {
    return parseChannelUrl(channel).url;
  } catch {
    return null;
  }
}

/** Versions 4 and 5 have `kind` and `url` or `path`; later ones a key that is the kind and holds the location. */
function locate(record: LockRecord): { kind: Kind; location: string } {
  if (typeof record.conda === 'string') return { kind: 'conda', location: record.conda };
  if (typeof record.pypi === 'string') return { kind: 'pypi', location: record.pypi };
  if (typeof record.conda_source === 'string') return { kind: 'conda_source', location: record.conda_source };
  return { kind: record.kind === 'pypi' ? 'pypi' : 'conda', location: record.url ?? record.path ?? '' };
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
