import pLimit from 'p-limit';
import type { Digest } from '../../oci/types.ts';
import { type Comparison, recordsOf, wanted } from './compare-subdir.ts';
import { confirmChange, putChange, SETTLE_MS, type UpdateOptions, type UpdateParts } from './document-update.ts';
import { type DocumentPlace, readDocument } from './metadata-documents.ts';
import { listed, unlistEdit } from './package-records.ts';
import type { StoredPackage } from './read-tag.ts';

const AT_ONCE = 16;

/**
 * Builds that had been taken out of the repodata without being yanked, and are in the registry all the same. Most are about to be deleted: a build that is
 * removed is out of the repodata first, and waits there until that lasts.
 */
export function takenOut(comparison: Comparison): StoredPackage[] {
  const { current } = comparison;
  if (current?.removed === undefined || current.removed.length === 0) return [];
  const out = new Set(current.removed);
  for (const [name] of recordsOf(current)) out.delete(name);
  return wanted(comparison).filter(({ fileName }) => out.has(fileName));
}

/** The comparison without what was about to be deleted when it was made, and is now. */
export async function withoutDeleted(
  comparison: Comparison,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<Comparison> {
  const suspects = takenOut(comparison);
  if (suspects.length === 0) return comparison;
  // A little longer than whoever removes them waits.
  await parts.sleep(1.25 * (parts.settleMs ?? SETTLE_MS), options.signal);
  const gone = new Set(await deletedAmong(suspects, parts, options));
  return { ...comparison, stored: comparison.stored.filter(({ fileName }) => !gone.has(fileName)) };
}

/**
 * Takes out of a list that was put what was deleted while it came about. Whoever removes a build looks at the repodata once more
 * afterwards, and whoever rebuilds looks at the registry once more here; one of the two comes last. Answers with how many of those
 * that had been taken out before are not listed now.
 */
export async function dropDeleted(
  comparison: Comparison,
  place: DocumentPlace,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<{ digest: Digest | undefined; unlisted: number }> {
  const suspects = takenOut(comparison);
  if (suspects.length === 0) return { digest: undefined, unlisted: 0 };
  const gone = await deletedAmong(suspects, parts, options);
  const digest =
    gone.length === 0
      ? undefined
      : await confirmChange(
          await putChange(place, unlistEdit(comparison.subdir, gone), parts, options),
          parts,
          options,
        );
  const there = (await readDocument(place, parts.registry, options))?.json;
  return { digest, unlisted: suspects.filter(({ fileName }) => listed(there, fileName) === undefined).length };
}

async function deletedAmong(
  suspects: readonly StoredPackage[],
  { registry }: UpdateParts,
  options: UpdateOptions,
): Promise<string[]> {
  const limit = pLimit(AT_ONCE);
  const asked = suspects.map(({ fileName, repository, tag }) =>
    limit(async () => ((await registry.headManifest(repository, tag, options)) === undefined ? [fileName] : [])),
  );
  return (await Promise.all(asked)).flat();
}
