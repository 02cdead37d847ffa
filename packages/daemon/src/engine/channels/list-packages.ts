import { CondockError, type LayoutVersion, toCondockError } from '@condock/protocol';
import { formatOciChannel } from '../../layout/channel.ts';
import type { ChanneldataSource } from '../../layout/repodata/channeldata.ts';
import {
  applyPatchInstructions,
  changeInstructions,
  emptyPatchInstructions,
} from '../../layout/repodata/patch-instructions.ts';
import { addRecords, emptyRepodata, sectionOf } from '../../layout/repodata/records.ts';
import type { FileRecord, PatchInstructions } from '../../layout/repodata/types.ts';
import type { OciChannel } from '../../layout/types.ts';
import {
  confirmChange,
  type DocumentEdit,
  type PutChange,
  putChange,
  type UpdateOptions,
  type UpdateParts,
} from './document-update.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import { channeldataEdit } from './package-records.ts';
import { settleFormats, uncontestedEdit } from './settle-formats.ts';

/** What a channel's metadata says of one package. */
export interface Listing {
  subdir: string;
  record: FileRecord;
  /** For v1's run_exports.json. */
  runExports?: Record<string, unknown>;
  /** For v1's channeldata.json. */
  source?: ChanneldataSource;
  /** The other archive of the build, where the tag that both would have does not hold it: what is listed of it goes. */
  replaces?: string;
}

export interface ListTarget {
  channel: OciChannel;
  layout: LayoutVersion;
  /** List again what was yanked. */
  restore: boolean;
}

/**
 * Lists packages in a channel's metadata. What only describes comes first, the repodata that clients solve with last; then all
 * changes are confirmed together, so that a caller waits once. What the channel's patch instructions say of a package holds for it
 * here too; one that was yanked is listed again only where that is asked for. Answers with those that are not listed, and why.
 */
export async function listPackages<L extends Listing>(
  listings: readonly L[],
  target: ListTarget,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<Map<L, CondockError>> {
  const failures = new Map<L, CondockError>();
  try {
    const put: PutChange[] = [];
    /** Each as it is to be listed, and what it was made of. */
    const wanted = new Map<L, L>();
    for (const subdir of new Set(listings.map((l) => l.subdir))) {
      const those = listings.filter((l) => l.subdir === subdir);
      const patched = await patch(subdir, those, target, parts, options);
      put.push(...patched.put);
      for (const listing of those) {
        const record = patched.records.get(listing.record.fileName);
        if (record === undefined) failures.set(listing, yanked(listing, target.channel));
        else wanted.set({ ...listing, record }, listing);
      }
    }
    const contested = new Set<L>();
    put.push(...(await putAll([...wanted.keys()], target, contested, parts, options)));
    await Promise.all(put.map((change) => confirmChange(change, parts, options)));
    for (const [listing, failure] of await settleFormats([...contested], target, parts, options))
      failures.set(wanted.get(listing) ?? listing, failure);
  } catch (error) {
    if (options.signal.aborted) throw error;
    for (const listing of listings) failures.set(listing, toCondockError(error));
  }
  return failures;
}

/** Those of the listings that met the other archive of their build in a document go to `contested`. */
async function putAll<L extends Listing>(
  listings: readonly L[],
  { channel, layout }: ListTarget,
  contested: Set<L>,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<PutChange[]> {
  const put: PutChange[] = [];
  const change = async (subdir: string, kind: Parameters<typeof placeOf>[3], edit: DocumentEdit): Promise<void> => {
    put.push(await putChange(placeOf(channel, subdir, layout, kind), edit, parts, options));
  };
  const subdirs = new Set(listings.map((l) => l.subdir));
  if (layout === 'v1') {
    // Layout v0 knows repodata alone.
    const sources = listings.flatMap((l) => (l.source === undefined ? [] : [l.source]));
    if (sources.length > 0) await change('', 'channeldata', channeldataEdit(sources));
    for (const subdir of subdirs)
      await change(subdir, 'run_exports', uncontestedEdit('run_exports', subdir, listings, contested));
  }
  // Clients look for noarch in every channel, so an empty one has to be there.
  for (const subdir of subdirs.size === 0 ? [] : new Set([...subdirs, 'noarch']))
    await change(subdir, 'repodata', uncontestedEdit('repodata', subdir, listings, contested));
  return put;
}

/** The records as the channel's patch instructions leave them; what was yanked is missing among them. */
async function patch(
  subdir: string,
  listings: readonly Listing[],
  { channel, layout, restore }: ListTarget,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<{ records: Map<string, FileRecord>; put: PutChange[] }> {
  const records = listings.map((l) => l.record);
  const place = placeOf(channel, subdir, layout, 'patch_instructions');
  const there = (await readDocument(place, parts.registry, options))?.json as PatchInstructions | undefined;
  if (there === undefined) return { records: new Map(records.map((r) => [r.fileName, r])), put: [] };
  const names = new Set(records.map((r) => r.fileName));
  const edit = restoreEdit([...names]);
  const put = restore && !edit.holds(there) ? [await putChange(place, edit, parts, options)] : [];
  const instructions = restore ? edit.apply(there) : there;
  const patched = applyPatchInstructions(addRecords(emptyRepodata(subdir), records), instructions);
  const kept = records.flatMap(({ fileName }) => {
    const record = patched[sectionOf(fileName)][fileName];
    return record === undefined ? [] : [[fileName, { fileName, record }] as const];
  });
  return { records: new Map(kept), put };
}

function restoreEdit(names: readonly string[]): DocumentEdit {
  const apply: DocumentEdit['apply'] = (there) =>
    changeInstructions((there as PatchInstructions | undefined) ?? emptyPatchInstructions(), { restore: names });
  return {
    apply,
    holds: (there) => {
      const { remove = [], revoke = [] } = there as PatchInstructions;
      return !names.some((name) => remove.includes(name) || revoke.includes(name));
    },
  };
}

function yanked({ subdir, record }: Listing, channel: OciChannel): CondockError {
  return new CondockError(
    'already-exists',
    `${subdir}/${record.fileName} was yanked from ${formatOciChannel(channel)}, and stays so: it is in the registry, but not listed.`,
    { hint: 'Publish it with --force to list it again.', data: { host: channel.host } },
  );
}
