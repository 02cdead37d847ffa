import { CondockError, type LayoutVersion, type ResultOf, toCondockError } from '@condock/protocol';
import { formatFileName } from '../../conda/file-name.ts';
import type { ArchiveFormat } from '../../conda/types.ts';
import { formatOciChannel } from '../../layout/channel.ts';
import { encodeReference } from '../../layout/codec.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import {
  applyPatchInstructions,
  changeInstructions,
  emptyPatchInstructions,
} from '../../layout/repodata/patch-instructions.ts';
import { copySections, emptyRepodata } from '../../layout/repodata/records.ts';
import type { JsonObject, PatchInstructions, Repodata } from '../../layout/repodata/types.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { Digest, Manifest, Repository } from '../../oci/types.ts';
import { isSame } from '../publish/occupant.ts';
import { heldPackage } from '../resolve/held-package.ts';
import {
  confirmChange,
  type DocumentEdit,
  type PutChange,
  putChange,
  type UpdateOptions,
  type UpdateParts,
} from './document-update.ts';
import { forgetLost, type LostBuild } from './keep-channeldata.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import { listed as listedIn, unexportEdit, unlistEdit } from './package-records.ts';
import { type NamedPackage, parsePackageName } from './package-name.ts';

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

type Row = ResultOf<'channel/remove'>[number];

/** A build that was asked for, and where it was found. */
interface Removal extends NamedPackage {
  listed: boolean;
  stored: { repository: Repository; digest: Digest; formats: ArchiveFormat[] } | undefined;
  error?: CondockError;
}

/**
 * Takes builds out of a channel: first out of the repodata, so that no client solves for something that goes away under it, and then
 * (unless they are only yanked) their manifests. Blobs are the registry's to collect.
 */
export async function removePackages(options: RemoveOptions, parts: UpdateParts): Promise<Row[]> {
  const names = new Map(options.packages.map((text) => [text, parsePackageName(text)]));
  const rows: Row[] = [];
  const lost: LostBuild[] = [];
  for (const subdir of new Set([...names.values()].map((n) => n.subdir))) {
    const those = [...names.values()].filter((n) => n.subdir === subdir);
    const removals = await find(subdir, those, options, parts);
    if (!options.dryRun) await unlist(subdir, removals, options, parts);
    if (!options.yank && !options.dryRun) {
      for (const removal of removals) await deleteManifest(removal, removals, options, parts);
      await unlistAgain(subdir, removals, options, parts);
    }
    for (const removal of removals) {
      lost.push({ name: removal.name.name, subdir });
      rows.push({
        package: removal.text,
        done: removal.listed || removal.stored !== undefined,
        ...(removal.error === undefined ? {} : { error: removal.error.toJSON() }),
      });
    }
  }
  // What was yanked is there all the same.
  if (!options.dryRun && !options.yank) await forgetLost(options.channel, options.layout, lost, parts, options.request);
  return rows;
}

async function find(
  subdir: string,
  names: readonly NamedPackage[],
  options: RemoveOptions,
  parts: UpdateParts,
): Promise<Removal[]> {
  const place = placeOf(options.channel, subdir, options.layout, 'repodata');
  const current = await readDocument(place, parts.registry, options.request);
  const removals: Removal[] = [];
  for (const name of names) {
    const listed = isListed(current?.json, name.name.fileName);
    try {
      removals.push({ ...name, listed, stored: await findStored(name, options, parts) });
    } catch (error) {
      if (options.request.signal.aborted) throw error;
      removals.push({ ...name, listed, stored: undefined, error: toCondockError(error) });
    }
  }
  return removals;
}

const isListed = (document: JsonObject | undefined, fileName: string): boolean =>
  listedIn(document, fileName) !== undefined;

/** The manifest of exactly this archive; undefined where its tag is not there, or holds the other format or another package. */
async function findStored(
  { subdir, name }: NamedPackage,
  { channel, layout, request }: RemoveOptions,
  { registry }: UpdateParts,
): Promise<Removal['stored']> {
  const encoded = encodeReference({ channel, subdir, identity: name, layout });
  const repository = { host: channel.host, name: encoded.repository };
  const manifest = await registry.getManifest(repository, encoded.tag, request);
  if (manifest === undefined) return undefined;
  const artifact = readPackageArtifact(manifest.document as Manifest);
  if (artifact.archives[name.format] === undefined) return undefined;
  const identity = await heldPackage(artifact, repository, registry, request);
  if (identity !== undefined && !isSame(identity, name)) return undefined;
  return { repository, digest: manifest.digest, formats: Object.keys(artifact.archives) as ArchiveFormat[] };
}

/** Out of repodata and run_exports, for good. */
async function unlist(
  subdir: string,
  removals: readonly Removal[],
  { channel, layout, yank, request }: RemoveOptions,
  parts: UpdateParts,
): Promise<void> {
  const known = removals.filter((r) => r.listed || r.stored !== undefined).map((r) => r.name.fileName);
  const listed = removals.filter((r) => r.listed).map((r) => r.name.fileName);
  const put: PutChange[] = [];
  const change = async (kind: Parameters<typeof placeOf>[3], edit: DocumentEdit): Promise<void> => {
    put.push(await putChange(placeOf(channel, subdir, layout, kind), edit, parts, request));
  };
  if (yank && known.length > 0) await change('patch_instructions', yankEdit(known));
  if (listed.length > 0) {
    if (!yank && layout === 'v1') await change('run_exports', unexportEdit(subdir, listed));
    await change('repodata', yank ? yankRecordsEdit(subdir, listed) : unlistEdit(subdir, listed));
  }
  await Promise.all(put.map((p) => confirmChange(p, parts, request)));
}

/** Who rebuilt the index between the two steps may have listed what was still there; see `dropDeleted`, the other half of this. */
async function unlistAgain(
  subdir: string,
  removals: readonly Removal[],
  { channel, layout, request }: RemoveOptions,
  parts: UpdateParts,
): Promise<void> {
  const place = placeOf(channel, subdir, layout, 'repodata');
  const there = (await readDocument(place, parts.registry, request))?.json;
  const names = removals.map((r) => r.name.fileName).filter((name) => isListed(there, name));
  if (names.length > 0)
    await confirmChange(await putChange(place, unlistEdit(subdir, names), parts, request), parts, request);
}

/** As a rebuilt index will have it: the name of a .tar.bz2 stands for both archives of its build. */
function yankRecordsEdit(subdir: string, names: readonly string[]): DocumentEdit {
  const apply = (there: JsonObject | undefined): Repodata =>
    applyPatchInstructions((there as Repodata | undefined) ?? emptyRepodata(subdir), { remove: [...names] });
  const count = (document: Repodata): number =>
    Object.keys(document.packages).length + Object.keys(document['packages.conda']).length;
  return { apply, holds: (there) => count(apply(there)) === count(copySections(there as Repodata)) };
}

function yankEdit(names: readonly string[]): DocumentEdit {
  return {
    apply: (there) =>
      changeInstructions((there as PatchInstructions | undefined) ?? emptyPatchInstructions(), { yank: names }),
    holds: (there) => names.every((name) => (there as PatchInstructions).remove?.includes(name) === true),
  };
}

async function deleteManifest(
  removal: Removal,
  all: readonly Removal[],
  { channel, request }: RemoveOptions,
  { registry }: UpdateParts,
): Promise<void> {
  const { stored, name } = removal;
  if (stored === undefined) return;
  try {
    const others = stored.formats
      .filter((format) => format !== name.format)
      .map((format) => formatFileName(name, format));
    const kept = others.find((other) => !all.some((r) => r.name.fileName === other));
    if (kept !== undefined) throw shared(removal, kept, channel);
    await registry.deleteManifest(stored.repository, stored.digest, request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    const failure = toCondockError(error);
    removal.error = failure.code === 'unsupported-by-registry' ? undeletable(removal, channel) : failure;
  }
}

function shared({ name }: Removal, kept: string, { host }: OciChannel): CondockError {
  return new CondockError('conflict', `${name.fileName} is out of the repodata, but its manifest holds ${kept} too.`, {
    hint: 'Remove both.',
    data: { host },
  });
}

function undeletable({ name }: Removal, channel: OciChannel): CondockError {
  return new CondockError(
    'unsupported-by-registry',
    `${name.fileName} is out of the repodata of ${formatOciChannel(channel)}, but ${channel.host} does not delete manifests.`,
    {
      hint: 'A rebuilt index would list it again: yank it too (--yank), or delete it with the means of the registry.',
      data: { host: channel.host },
    },
  );
}
