import { CondockError, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import { parseFileName } from '../../conda/file-name.ts';
import { readInfoTar } from '../../conda/info-tar.ts';
import { formatOciChannel } from '../../layout/channel.ts';
import { counterpartOf } from '../../layout/repodata/records.ts';
import { type JsonObject, RECORD_SECTIONS } from '../../layout/repodata/types.ts';
import { plural } from '../../system/text.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import { inTurnByBuild } from '../publish/in-turn-by-build.ts';
import { createPatience } from '../publish/patience.ts';
import { describeListing } from './channel-index.ts';
import { archiveOf, formatsAtTarget } from './copied-manifest.ts';
import { copyInstructions } from './copy-instructions.ts';
import {
  copyPackage,
  type Copying,
  type CopyOptions,
  type CopyParts,
  type CopyResult,
  type Item,
  type Source,
} from './copy-package.ts';
import { type Listing, listPackages } from './list-packages.ts';
import { placeOf, readDocument } from './metadata-documents.ts';

interface CopiedItem extends Item {
  written: boolean;
  listing: Listing;
}

/** Packages under way at once; when so many in a row found a registry silent, the others are not tried. */
const AT_ONCE = 8;

/** An info layer is kilobytes. */
const INFO_LAYER_BYTES = 64 * 1024 * 1024;

/**
 * Copies packages between channels, hosts and layouts. On one host blobs are mounted, so that nothing moves; between hosts they go
 * through the store, so that what is cached is not fetched again. The target's metadata is updated last, with the records and the
 * hotfixes of the source. What can't be copied or listed is told in `failed`; a copy that was cut off goes on where it was.
 */
export async function copyChannel(options: CopyOptions, parts: CopyParts, context: CallContext): Promise<CopyResult> {
  const result: CopyResult = {
    copied: 0,
    present: 0,
    blobs: { uploaded: 0, mounted: 0, present: 0 },
    bytes: 0,
    failed: [],
  };
  const items = await listItems(options, parts, result);
  const progress = new Progress(
    context.progress,
    `Copy ${plural(items.size, 'package')} to ${formatOciChannel(options.to)}`,
    { packages: items.size, bytes: 0 },
  );
  const copying: Copying = {
    result,
    onBytes: (n) => progress.addBytes(n),
    taken: new Map(),
    patience: createPatience(AT_ONCE),
  };
  const limit = pLimit(AT_ONCE);
  try {
    const done = await inTurnByBuild([...items.keys()], (text, before) =>
      limit(async () => {
        await before;
        const copied = await copyOne(text, items.get(text), options, parts, copying);
        progress.addPackage(text);
        return copied;
      }),
    );
    const copied = done.filter((item) => item !== undefined);
    const failures = options.dryRun ? new Map<Listing, CondockError>() : await list(copied, options, parts);
    for (const { subdir, name, listing, written } of copied) {
      const failure = failures.get(listing);
      // Clients find a package through repodata only: one that is not listed was not copied.
      if (failure !== undefined) result.failed.push({ package: `${subdir}/${name.fileName}`, error: failure.toJSON() });
      else result[written ? 'copied' : 'present'] += 1;
    }
    return result;
  } finally {
    progress.end();
  }
}

async function copyOne(
  text: string,
  item: Item | undefined,
  options: CopyOptions,
  parts: CopyParts,
  copying: Copying,
): Promise<CopiedItem | undefined> {
  if (item === undefined) return undefined;
  const { result, patience } = copying;
  try {
    options.request.signal.throwIfAborted();
    patience.check();
    const { written, source } = await copyPackage(item, options, parts, copying);
    const listing = await listingAtTarget(item, source, options, parts);
    patience.answered();
    return { ...item, written, listing };
  } catch (error) {
    if (options.request.signal.aborted) throw error;
    patience.failed(error);
    result.failed.push({ package: text, error: toCondockError(error).toJSON() });
    return undefined;
  }
}

async function list(
  copied: readonly CopiedItem[],
  options: CopyOptions,
  parts: CopyParts,
): Promise<Map<Listing, CondockError>> {
  for (const subdir of new Set(copied.map((item) => item.subdir))) {
    const names = copied.filter((item) => item.subdir === subdir).map((item) => item.name.fileName);
    await copyInstructions(subdir, names, options, parts);
  }
  const target = { channel: options.to, layout: options.layout, restore: options.force };
  return listPackages(
    copied.map((item) => item.listing),
    target,
    parts,
    options.request,
  );
}

/** What is to be copied, by SUBDIR/FILENAME; names in the repodata that are none go to `failed`. */
async function listItems(options: CopyOptions, parts: CopyParts, result: CopyResult): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  const wanted = options.packages === undefined ? undefined : new Set(options.packages);
  let hasRepodata = false;
  for (const subdir of options.subdirs) {
    const place = placeOf(options.from, subdir, options.fromLayout, 'repodata');
    const repodata = (await readDocument(place, parts.registry, options.request))?.json;
    hasRepodata ||= repodata !== undefined;
    for (const section of RECORD_SECTIONS) {
      for (const [fileName, record] of Object.entries((repodata?.[section] ?? {}) as Record<string, JsonObject>)) {
        const text = `${subdir}/${fileName}`;
        if (wanted !== undefined && !wanted.delete(text)) continue;
        try {
          items.set(text, { subdir, name: parseFileName(fileName), record });
        } catch (error) {
          result.failed.push({ package: text, error: toCondockError(error).toJSON() });
        }
      }
    }
  }
  if (!hasRepodata) throw noRepodata(options);
  if (wanted !== undefined && wanted.size > 0) throw notListed([...wanted], options);
  return items;
}

function noRepodata({ from, fromLayout }: CopyOptions): CondockError {
  return new CondockError(
    'absent',
    `${formatOciChannel(from)} has no repodata in layout ${fromLayout}, or is private: what to copy is not known.`,
    {
      hint: 'If it is of the other layout, say so with --from-layout; if it was never indexed, run "condock channel index"; if it is private, sign in with "condock login".',
      data: { host: from.host },
    },
  );
}

function notListed(names: readonly string[], { from }: CopyOptions): CondockError {
  return new CondockError('not-found', `The repodata of ${formatOciChannel(from)} does not list ${names.join(', ')}.`, {
    hint: '"condock channel diff" says what the registry holds beside it, and "condock channel index" lists that too.',
  });
}

/** The source's record, with its hotfixes; what only v1 says of a package comes out of its info layer. */
async function listingAtTarget(item: Item, source: Source, options: CopyOptions, parts: CopyParts): Promise<Listing> {
  const { subdir, name, record } = item;
  const replacesOther = formatsAtTarget(item, source.artifact, options).length === 1;
  const listing: Listing = {
    subdir,
    record: { fileName: name.fileName, record },
    ...(replacesOther ? { replaces: counterpartOf(name.fileName) } : {}),
  };
  const { info } = source.artifact;
  if (options.dryRun || options.layout === 'v0' || info === undefined || info.size > INFO_LAYER_BYTES) return listing;
  await parts.transfers.fetch(
    { digest: info.digest, size: info.size, repositories: [source.repository] },
    options.request,
  );
  const bytes = parts.store.readSmall(info.digest, INFO_LAYER_BYTES);
  if (bytes === undefined) return listing;
  const archive = archiveOf(item, source.artifact);
  const facts = { fileName: name.fileName, sha256: archive.digest.slice('sha256:'.length), size: archive.size };
  return { ...describeListing(await readInfoTar(bytes), subdir, facts, name.fileName), ...listing };
}
