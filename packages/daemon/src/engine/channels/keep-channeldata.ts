import { withoutSubdirs } from '../../layout/repodata/channeldata.ts';
import type { Channeldata, JsonObject } from '../../layout/repodata/types.ts';
import type { LayoutVersion, OciChannel } from '../../layout/types.ts';
import { recordsOf } from './compare-subdir.ts';
import { type DocumentEdit, putChange, SETTLE_MS, type UpdateOptions, type UpdateParts } from './document-update.ts';
import { placeOf, readDocument } from './metadata-documents.ts';

/** A package name, and a subdir that lost builds of it. */
export interface LostBuild {
  name: string;
  subdir: string;
}

const ROUNDS = 10;

/**
 * Takes out of channeldata.json what no repodata lists any more: the subdir of a package, and with the last one the package, as conda-index
 * would not list it. Whoever publishes describes a package there first, lists it then, and looks last whether its description is still
 * there; here the list is looked at again after each change. So one of the two sees the other, and what is listed stays described.
 */
export async function forgetLost(
  channel: OciChannel,
  layout: LayoutVersion,
  lost: readonly LostBuild[],
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<void> {
  if (layout === 'v0' || lost.length === 0) return;
  const place = placeOf(channel, '', layout, 'channeldata');
  /** As they were before they were taken out here. */
  const known = new Map<string, JsonObject>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const there = (await readDocument(place, parts.registry, options))?.json as Channeldata | undefined;
    if (there === undefined) return;
    const gone = await notListed(lost, { channel, layout }, parts, options);
    const edit = forgetEdit(lost, gone, known);
    if (edit.holds(there)) return;
    for (const { name } of lost) {
      const entry = there.packages[name];
      if (entry !== undefined && !known.has(name)) known.set(name, entry);
    }
    await putChange(place, edit, parts, options);
    await parts.sleep(parts.settleMs ?? SETTLE_MS, options.signal);
  }
}

/** Those of the builds whose subdir lists no other of the same name. */
async function notListed(
  lost: readonly LostBuild[],
  { channel, layout }: { channel: OciChannel; layout: LayoutVersion },
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<LostBuild[]> {
  const gone: LostBuild[] = [];
  for (const subdir of new Set(lost.map((l) => l.subdir))) {
    const document = await readDocument(placeOf(channel, subdir, layout, 'repodata'), parts.registry, options);
    const names = new Set(recordsOf(document?.json as Parameters<typeof recordsOf>[0]).map(([, { name }]) => name));
    gone.push(...lost.filter((l) => l.subdir === subdir && !names.has(l.name)));
  }
  return gone;
}

function forgetEdit(
  lost: readonly LostBuild[],
  gone: readonly LostBuild[],
  known: ReadonlyMap<string, JsonObject>,
): DocumentEdit {
  /** Listed again meanwhile, but taken out here. */
  const missing = (current: Channeldata): [string, JsonObject][] =>
    lost.flatMap((one) => {
      const entry = known.get(one.name);
      return entry === undefined || gone.includes(one) || Object.hasOwn(current.packages, one.name)
        ? []
        : [[one.name, { ...entry, subdirs: [one.subdir] }]];
    });
  return {
    apply: (current) => {
      const document = current as Channeldata;
      const packages = { ...document.packages, ...Object.fromEntries(missing(document)) };
      return withoutSubdirs({ ...document, packages }, gone);
    },
    holds: (current) => {
      const document = current as Channeldata;
      const isThere = ({ name, subdir }: LostBuild): boolean => {
        const subdirs = document.packages[name]?.subdirs;
        return Array.isArray(subdirs) && subdirs.includes(subdir);
      };
      return !gone.some(isThere) && missing(document).length === 0;
    },
  };
}
