import type { LayoutVersion } from '@condock/protocol';
import { parseFileName } from '../../conda/file-name.ts';
import { encodeReference } from '../../layout/codec.ts';
import { applyPatchInstructions } from '../../layout/repodata/patch-instructions.ts';
import { addRecords, emptyRepodata } from '../../layout/repodata/records.ts';
import {
  type JsonObject,
  type PatchInstructions,
  RECORD_SECTIONS,
  type Repodata,
} from '../../layout/repodata/types.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { TransferOptions } from '../transfer/transfers.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import type { ScanParts, StoredPackage } from './read-tag.ts';
import { scanSubdir } from './scan-channel.ts';

export interface CompareOptions {
  channel: OciChannel;
  layout: LayoutVersion;
  subdirs: readonly string[];
  names: readonly string[];
  request: TransferOptions & { signal: AbortSignal };
}

/** What a subdir holds beside what its repodata says. */
export interface Comparison {
  subdir: string;
  stored: StoredPackage[];
  /** As it was before the registry was looked through. */
  current: Repodata | undefined;
  instructions: PatchInstructions | undefined;
  /** Whether a file's tag is there, but could not be read, so that nothing can be said of it. */
  isUnread: (fileName: string) => boolean;
  warnings: string[];
}

export async function compareSubdir(
  subdir: string,
  options: CompareOptions,
  parts: ScanParts,
  onFound: () => void,
): Promise<Comparison> {
  const { channel, layout, request } = options;
  const read = async (kind: 'repodata' | 'patch_instructions'): Promise<JsonObject | undefined> =>
    (await readDocument(placeOf(channel, subdir, layout, kind), parts.registry, request))?.json;
  const current = (await read('repodata')) as Repodata | undefined;
  const listed = recordsOf(current).flatMap(([, { name }]) => (typeof name === 'string' ? [name] : []));
  const names = [...new Set([...options.names, ...listed])];
  const { packages, unread, warnings } = await scanSubdir({ channel, layout, subdir, names, request, onFound }, parts);
  const isUnread = (fileName: string): boolean => {
    if (unread.size === 0) return false;
    try {
      const encoded = encodeReference({ channel, subdir, identity: parseFileName(fileName), layout });
      return unread.has(`${encoded.repository}:${encoded.tag}`);
    } catch {
      // What the layout can't name it can't hold.
      return false;
    }
  };
  return { subdir, stored: packages, current, instructions: await read('patch_instructions'), isUnread, warnings };
}

export function recordsOf(repodata: Repodata | undefined): [string, JsonObject][] {
  return RECORD_SECTIONS.flatMap((section) => Object.entries(repodata?.[section] ?? {}));
}

/** A list as the channel's patch instructions leave it. */
export const patched = (repodata: Repodata, { instructions }: Comparison): Repodata =>
  instructions === undefined ? repodata : applyPatchInstructions(repodata, instructions);

/** What is stored and not yanked: what should be listed. */
export function wanted(comparison: Comparison): StoredPackage[] {
  const { subdir, stored } = comparison;
  const bare = stored.map(({ fileName }) => ({ fileName, record: {} }));
  const names = new Set(recordsOf(patched(addRecords(emptyRepodata(subdir), bare), comparison)).map(([name]) => name));
  return stored.filter(({ fileName }) => names.has(fileName));
}
