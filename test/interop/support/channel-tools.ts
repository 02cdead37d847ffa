import { expect } from 'vitest';
import type { CondockHome } from '../../real/support/condock.ts';
import { type ReadDocument, readDocumentOf } from './read-registry.ts';

export interface ListedRepodata {
  packages: Record<string, Record<string, unknown>>;
  'packages.conda': Record<string, Record<string, unknown>>;
  removed?: string[];
}

export const namesOf = (document: ListedRepodata): string[] =>
  [document.packages, document['packages.conda']].flatMap((records) => Object.keys(records));

/** A row of `condock publish --json`. */
export interface PublishedRow {
  file: string;
  reference: string | null;
  manifestDigest: string | null;
  blobs: { digest: string; moved: string }[];
  error?: { code: string };
}

/** The document of `condock channel copy --json`. */
export interface CopyResult {
  copied: number;
  present: number;
  blobs: { uploaded: number; mounted: number; present: number };
  bytes: number;
  failed: { package: string; error: { code: string; message: string } }[];
}

/** Commands on channels, from one home. */
export interface ChannelTools {
  /** The document of a command that did it all, or in part; throws with what it said where it did nothing. */
  json<T>(...args: string[]): Promise<T>;
  /** All of these files, and every row of them without an error. */
  publish(files: readonly string[], channel: string, layout: string, ...more: string[]): Promise<PublishedRow[]>;
  repodata(channel: string, layout: string, subdir?: string): Promise<ReadDocument<ListedRepodata>>;
}

export function createChannelTools(home: CondockHome): ChannelTools {
  const json = async <T>(...args: string[]): Promise<T> => {
    const done = await home.run([...args, '--json']);
    if (done.code !== 0 && done.code !== 3) throw new Error(`condock ${args.join(' ')}: ${done.stderr}${done.stdout}`);
    return done.json() as T;
  };
  return {
    json,
    publish: async (files, channel, layout, ...more) => {
      const rows = await json<PublishedRow[]>('publish', ...files, '--to', channel, '--layout', layout, ...more);
      expect(rows.filter((row) => row.error !== undefined)).toEqual([]);
      return rows;
    },
    repodata: (channel, layout, subdir = 'linux-64') =>
      readDocumentOf<ListedRepodata>(channel, `${subdir}/${layout === 'v1' ? 'm' : ''}repodata.json`),
  };
}
