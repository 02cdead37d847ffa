import { CondockError, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import { parseFileName } from '../../conda/file-name.ts';
import { readInfoTar } from '../../conda/info-tar.ts';
import { formatOciChannel } from '../../layout/channel.ts';
import { RECORD_SECTIONS, type Repodata } from '../../layout/repodata/types.ts';
import { plural } from '../../system/text.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import { describeListing } from './channel-index.ts';
import {
  copyPackage,
  type CopyOptions,
  type CopyParts,
  type CopyResult,
  type Item,
  type Source,
} from './copy-package.ts';
import { type Listing, listPackages } from './list-packages.ts';
import { placeOf, readDocument } from './metadata-documents.ts';

interface CopiedItem extends Item {
  listing: Listing;
}

const AT_ONCE = 8;

/** An info layer is kilobytes. */
const INFO_LAYER_BYTES = 64 * 1024 * 1024;

/**
 * Copies packages between channels, hosts and layouts. On one host blobs are mounted, so that nothing moves; between hosts they go
 * through the store, so that what is cached is not fetched again. The target's repodata is updated last, with the records of the source.
 */
export async function copyChannel(options: CopyOptions, parts: CopyParts, context: CallContext): Promise<CopyResult> {
  const items = await listItems(options, parts);
  const result: CopyResult = {
    copied: 0,
    present: 0,
    blobs: { uploaded: 0, mounted: 0, present: 0 },
    bytes: 0,
    failed: [],
  };
  const progress = new Progress(
    context.progress,
    `Copy ${plural(items.length, 'package')} to ${formatOciChannel(options.to)}`,
    {
      packages: items.length,
      bytes: 0,
    },
  );
  const done: CopiedItem[] = [];
  const limit = pLimit(AT_ONCE);
  try {
    await Promise.all(
      items.map((item) =>
        limit(async () => {
          try {
            options.request.signal.throwIfAborted();
            const copied = await copyPackage(item, options, parts, result, (n) => progress.addBytes(n));
            if (copied.written) result.copied += 1;
            else result.present += 1;
            if (!options.dryRun)
              done.push({ ...item, listing: await listingAtTarget(item, copied.source, options, parts) });
          } catch (error) {
            if (options.request.signal.aborted) throw error;
            result.failed.push({
              package: `${item.subdir}/${item.name.fileName}`,
              error: toCondockError(error).toJSON(),
            });
          }
          progress.addPackage(item.name.fileName);
        }),
      ),
    );
    const target = { channel: options.to, layout: options.layout, restore: options.force };
    const failures = await listPackages(
      done.map((item) => item.listing),
      target,
      parts,
      options.request,
    );
    for (const { subdir, name, listing } of done) {
      const failure = failures.get(listing);
      if (failure !== undefined) result.failed.push({ package: `${subdir}/${name.fileName}`, error: failure.toJSON() });
    }
    return result;
  } finally {
    progress.end();
  }
}

async function listItems(options: CopyOptions, parts: CopyParts): Promise<Item[]> {
  const items: Item[] = [];
  const wanted = options.packages === undefined ? undefined : new Set(options.packages);
  for (const subdir of options.subdirs) {
    const read = await readDocument(
      placeOf(options.from, subdir, options.fromLayout, 'repodata'),
      parts.registry,
      options.request,
    );
    for (const section of RECORD_SECTIONS) {
      for (const [fileName, record] of Object.entries((read?.json as Repodata | undefined)?.[section] ?? {})) {
        if (wanted !== undefined && !wanted.delete(`${subdir}/${fileName}`)) continue;
        items.push({ subdir, name: parseFileName(fileName), record });
      }
    }
  }
  if (wanted !== undefined && wanted.size > 0) {
    throw new CondockError(
      'not-found',
      `The repodata of ${formatOciChannel(options.from)} does not list ${[...wanted].join(', ')}.`,
      {
        hint: 'Write them SUBDIR/FILENAME, as the repodata does; "condock channel index" lists what a registry holds.',
      },
    );
  }
  return items;
}

/** The source's record, with its hotfixes; what only v1 says of a package comes out of its info layer. */
async function listingAtTarget(item: Item, source: Source, options: CopyOptions, parts: CopyParts): Promise<Listing> {
  const { subdir, name, record } = item;
  const listing: Listing = { subdir, record: { fileName: name.fileName, record } };
  const { info, archives } = source.artifact;
  const archive = archives[name.format];
  if (options.layout === 'v0' || info === undefined || archive === undefined || info.size > INFO_LAYER_BYTES)
    return listing;
  await parts.transfers.fetch(
    { digest: info.digest, size: info.size, repositories: [source.repository] },
    options.request,
  );
  const bytes = parts.store.readSmall(info.digest, INFO_LAYER_BYTES);
  if (bytes === undefined) return listing;
  const facts = { fileName: name.fileName, sha256: archive.digest.slice('sha256:'.length), size: archive.size };
  return { ...describeListing(await readInfoTar(bytes), subdir, facts, name.fileName), record: listing.record };
}
