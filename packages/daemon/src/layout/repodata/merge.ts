import { copySections, without } from './records.ts';
import { compareCodePoints, equalJson } from './stable-json.ts';
import { RECORD_SECTIONS, type Repodata } from './types.ts';

export interface Rebuilding {
  /** The list as it was when the rebuilding began; undefined: there was none. */
  base: Repodata | undefined;
  /** What it should say, by what was found since. */
  rebuilt: Repodata;
  /** The list as it is now. */
  current: Repodata | undefined;
}

/**
 * A rebuilt list, with what others did to the list meanwhile: finding out what a registry holds takes minutes, and OCI has no
 * compare-and-swap. A file whose record is still as it was gets the rebuilt one (or goes); whatever was added, replaced or
 * taken out since stays so, for who did it has seen the registry later than the rebuilding.
 */
export function mergeRebuilt({ base, rebuilt, current }: Rebuilding): Repodata {
  if (current === undefined) return rebuilt;
  const merged = copySections(current);
  const [was, found] = [base === undefined ? undefined : copySections(base), copySections(rebuilt)];
  const goneBefore = new Set(base?.removed ?? []);
  const goneSince = new Set((current.removed ?? []).filter((name) => !goneBefore.has(name)));
  for (const section of RECORD_SECTIONS) {
    for (const name of new Set([...Object.keys(was?.[section] ?? {}), ...Object.keys(found[section])])) {
      const record = found[section][name];
      if (!equalJson(merged[section][name], was?.[section][name]) || goneSince.has(name)) continue;
      if (record === undefined) merged[section] = without(merged[section], name);
      else merged[section][name] = record;
    }
  }
  const removed = new Set([...(current.removed ?? []), ...(rebuilt.removed ?? [])]);
  for (const section of RECORD_SECTIONS) for (const name of Object.keys(merged[section])) removed.delete(name);
  return { ...merged, removed: [...removed].sort(compareCodePoints) };
}
