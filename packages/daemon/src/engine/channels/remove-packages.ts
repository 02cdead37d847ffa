import { CondockError, type LayoutVersion, type ResultOf, toCondockError } from '@condock/protocol';
import { parseFileName } from '../../conda/file-name.ts';
import { encodeReference } from '../../layout/codec.ts';
import { formatOciChannel } from '../../layout/channel.ts';
import { changeInstructions, emptyPatchInstructions } from '../../layout/repodata/patch-instructions.ts';
import { emptyRepodata, removeRecords, sectionOf } from '../../layout/repodata/records.ts';
import { emptyRunExports, removeRunExports } from '../../layout/repodata/run-exports.ts';
import type { PatchInstructions, Repodata, RunExportsDocument } from '../../layout/repodata/types.ts';
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

export interface RemoveOptions {
  channel: OciChannel;
  layout: LayoutVersion;
  /** SUBDIR/FILENAME */
  packages: readonly string[];
  /** Only out of the repodata, by patch instructions, so that a rebuilt index leaves them out too. */
  yank: boolean;
  dryRun: boolean;
  request: UpdateOptions;
}

interface Removal {
  text: string;
  subdir: string;
  fileName: string;
}

type Row = ResultOf<'channel/remove'>[number];

/**
 * Takes builds out of a channel: first out of the repodata, so that no client solves for something that goes away under it, and then
 * (unless they are only yanked) their manifests. Blobs are the registry's to collect.
 */
export async function removePackages(options: RemoveOptions, parts: UpdateParts): Promise<Row[]> {
  const removals = options.packages.map(parsePackage);
  const rows = new Map<string, Row>(removals.map(({ text }) => [text, { package: text, done: false }]));
  for (const subdir of new Set(removals.map((r) => r.subdir))) {
    const those = removals.filter((r) => r.subdir === subdir);
    const listed = await unlist(subdir, those, options, parts);
    for (const removal of those) {
      const row: Row = { package: removal.text, done: listed.has(removal.fileName) };
      rows.set(removal.text, row);
      if (options.yank || options.dryRun) continue;
      try {
        if (await deleteManifest(removal, options, parts)) row.done = true;
      } catch (error) {
        if (options.request.signal.aborted) throw error;
        row.error = toCondockError(error).toJSON();
      }
    }
  }
  return [...rows.values()];
}

function parsePackage(text: string): Removal {
  const match = /^([^/]+)\/([^/]+)$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new CondockError('usage', `"${text}" is not SUBDIR/FILENAME.`, {
      hint: 'Example: linux-64/zlib-1.2.11-0.conda',
    });
  }
  return { text, subdir: match[1], fileName: parseFileName(match[2]).fileName };
}

/** Out of repodata and run_exports; the names that were listed. */
async function unlist(
  subdir: string,
  removals: readonly Removal[],
  options: RemoveOptions,
  parts: UpdateParts,
): Promise<Set<string>> {
  const { channel, layout, request } = options;
  const names = removals.map((r) => r.fileName);
  const place = placeOf(channel, subdir, layout, 'repodata');
  const current = await readDocument(place, parts.registry, request);
  const isListed = (document: Repodata | undefined, name: string): boolean =>
    document?.[sectionOf(name)][name] !== undefined;
  const listed = new Set(names.filter((name) => isListed(current?.json as Repodata | undefined, name)));
  if (options.dryRun || current === undefined) return listed;
  const put: PutChange[] = [];
  if (options.yank)
    put.push(await putChange(placeOf(channel, subdir, layout, 'patch_instructions'), yankEdit(names), parts, request));
  else if (layout === 'v1')
    put.push(
      await putChange(placeOf(channel, subdir, layout, 'run_exports'), unexportEdit(subdir, names), parts, request),
    );
  const edit: DocumentEdit = {
    apply: (there) => removeRecords((there as Repodata | undefined) ?? emptyRepodata(subdir), names),
    holds: (there) => !names.some((name) => isListed(there as Repodata, name)),
  };
  put.push(await putChange(place, edit, parts, request));
  await Promise.all(put.map((change) => confirmChange(change, parts, request)));
  return listed;
}

function yankEdit(names: readonly string[]): DocumentEdit {
  return {
    apply: (there) =>
      changeInstructions((there as PatchInstructions | undefined) ?? emptyPatchInstructions(), { yank: names }),
    holds: (there) => names.every((name) => (there as PatchInstructions).remove?.includes(name) === true),
  };
}

function unexportEdit(subdir: string, names: readonly string[]): DocumentEdit {
  return {
    apply: (there) => removeRunExports((there as RunExportsDocument | undefined) ?? emptyRunExports(subdir), names),
    holds: (there) => !names.some((name) => (there as RunExportsDocument)[sectionOf(name)][name] !== undefined),
  };
}

async function deleteManifest(removal: Removal, options: RemoveOptions, { registry }: UpdateParts): Promise<boolean> {
  const { channel, layout, request } = options;
  const identity = parseFileName(removal.fileName);
  const { repository: name, tag } = encodeReference({ channel, subdir: removal.subdir, identity, layout });
  const repository = { host: channel.host, name };
  const manifest = await registry.getManifest(repository, tag, request);
  if (manifest === undefined) return false;
  try {
    return await registry.deleteManifest(repository, manifest.digest, request);
  } catch (error) {
    const failure = toCondockError(error);
    if (failure.code !== 'unsupported-by-registry') throw error;
    throw new CondockError(
      'unsupported-by-registry',
      `${removal.fileName} is out of the repodata of ${formatOciChannel(channel)}, but ${channel.host} does not delete manifests.`,
      {
        hint: "Delete it with the registry's own means; a lock that names its digest can fetch it until then.",
        data: { host: channel.host },
      },
    );
  }
}
