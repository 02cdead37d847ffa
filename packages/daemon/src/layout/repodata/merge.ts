import { copySections, without } from './records.ts';
import { compareCodePoints, equalJson } from './stable-json.ts';
import { type RecordDocument, RECORD_SECTIONS, type Repodata } from './types.ts';

export interface MergedRecords<T extends RecordDocument> {
  document: T;
  /** File names that both sides changed, differently. */
  conflicts: string[];
  /** Our side has something that theirs lacks: it must be pushed again. */
  changed: boolean;
}

/**
 * Puts together what two publishers made of the same document: OCI has no compare-and-swap, so a publisher who finds
 * another's copy where its own should be merges and pushes again. With `base`, the copy that both started from, removals
 * count as changes; without it everything that either side lists is kept. Where both changed one record differently,
 * theirs stays (it is what clients see already, and so all publishers come to the same end) unless they removed it.
 * Works for run_exports.json too.
 */
export function mergeRecords<T extends RecordDocument>(ours: T, theirs: T, base?: T): MergedRecords<T> {
  const ourSections = copySections(ours);
  const merged = { ...ours, ...copySections(theirs) };
  const baseSections = base === undefined ? undefined : copySections(base);
  const conflicts: string[] = [];
  let changed = false;
  for (const section of RECORD_SECTIONS) {
    const names = new Set([...Object.keys(ourSections[section]), ...Object.keys(baseSections?.[section] ?? {})]);
    for (const name of names) {
      const our = ourSections[section][name];
      const their = merged[section][name];
      const before = baseSections?.[section][name];
      if (equalJson(our, their) || (baseSections !== undefined && equalJson(our, before))) continue;
      const theyChangedIt = !equalJson(their, before);
      if (theyChangedIt) conflicts.push(name);
      if (theyChangedIt && their !== undefined) continue;
      changed = true;
      if (our === undefined) merged[section] = without(merged[section], name);
      else merged[section][name] = our;
    }
  }
  return { document: merged, conflicts: conflicts.sort(compareCodePoints), changed };
}

/** `mergeRecords` for repodata: keeps `removed` true to what is listed. */
export function mergeRepodata(ours: Repodata, theirs: Repodata, base?: Repodata): MergedRecords<Repodata> {
  const merged = mergeRecords(ours, theirs, base);
  const gone = new Set([...(ours.removed ?? []), ...(theirs.removed ?? [])]);
  for (const section of RECORD_SECTIONS) {
    for (const name of Object.keys(merged.document[section])) gone.delete(name);
  }
  const removed = [...gone].sort(compareCodePoints);
  const lost = !equalJson(removed, [...(theirs.removed ?? [])].sort(compareCodePoints));
  return { ...merged, document: { ...merged.document, removed }, changed: merged.changed || lost };
}
