import { CondockError } from '@condock/protocol';
import { parseFileName } from '../../conda/file-name.ts';
import { encodeReference } from '../../layout/codec.ts';
import { readPackageArtifact } from '../../layout/package-artifact.ts';
import type { JsonObject } from '../../layout/repodata/types.ts';
import type { Manifest } from '../../oci/types.ts';
import { type DocumentEdit, putChange, SETTLE_MS, type UpdateOptions, type UpdateParts } from './document-update.ts';
import type { Listing, ListTarget } from './list-packages.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import { listed, recordsEdit, runExportsEdit } from './package-records.ts';

/** Documents that list archives by their file names. */
export type ListKind = 'repodata' | 'run_exports';

const ROUNDS = 10;

/**
 * Lists what has no rival in a document. Both archives of a build have one tag, in either layout: which of them a document that lists the
 * other one already is to list, the tag decides (`settleFormats`). Listings that met the other one go to `contested`.
 */
export function uncontestedEdit<L extends Listing>(
  kind: ListKind,
  subdir: string,
  listings: readonly L[],
  contested: Set<L>,
): DocumentEdit {
  const edit = (current: JsonObject | undefined): DocumentEdit => {
    const isMet = ({ replaces }: L): boolean => replaces !== undefined && listed(current, replaces) !== undefined;
    const own = listings.filter((l) => l.subdir === subdir);
    for (const listing of own.filter(isMet)) contested.add(listing);
    return listEdit(
      kind,
      subdir,
      own.filter((l) => !isMet(l)),
      [],
    );
  };
  return { apply: (current) => edit(current).apply(current), holds: (current) => edit(current).holds(current) };
}

function listEdit(kind: ListKind, subdir: string, wanted: readonly Listing[], gone: readonly string[]): DocumentEdit {
  if (kind === 'repodata')
    return recordsEdit(
      subdir,
      wanted.map((l) => l.record),
      gone,
    );
  const entries = wanted.map(({ record, runExports }) => ({ fileName: record.fileName, runExports: runExports ?? {} }));
  return runExportsEdit(subdir, entries, gone);
}

/**
 * Makes the documents say of contested builds what their tags hold, one archive in the place of the other in one update. All who contest
 * a build do so after they have moved its tag, and look at it again after every change, so that they agree in the end. Answers with those
 * whose tag another archive has, and why.
 */
export async function settleFormats<L extends Listing>(
  contested: readonly L[],
  target: ListTarget,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<Map<L, CondockError>> {
  const { channel, layout } = target;
  const kinds: readonly ListKind[] = layout === 'v1' ? ['run_exports', 'repodata'] : ['repodata'];
  /** What was taken out here, for the case that its tag turns out to have come back to it meanwhile. */
  const dropped = new Map<string, JsonObject>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const failures = new Map<L, CondockError>();
    let changed = false;
    for (const subdir of new Set(contested.map((l) => l.subdir))) {
      const own: L[] = [];
      const lost: L[] = [];
      for (const listing of contested.filter((l) => l.subdir === subdir)) {
        const { holds, reference } = await readTag(listing, target, parts, options);
        if (holds === 'own') own.push(listing);
        if (holds !== 'other') continue;
        lost.push(listing);
        failures.set(listing, replacedMeanwhile(listing, reference, target));
      }
      for (const kind of kinds) {
        const place = placeOf(channel, subdir, layout, kind);
        const keyOf = (fileName: string): string => `${kind} ${subdir}/${fileName}`;
        const back = lost.flatMap(({ replaces = '' }): Listing[] => {
          const record = dropped.get(keyOf(replaces));
          const runExports = record?.run_exports as JsonObject | undefined;
          return record === undefined
            ? []
            : [{ subdir, record: { fileName: replaces, record }, ...(runExports === undefined ? {} : { runExports }) }];
        });
        const gone = [...own.flatMap((l) => l.replaces ?? []), ...lost.map((l) => l.record.fileName)];
        const edit = listEdit(kind, subdir, [...own, ...back], gone);
        const there = await readDocument(place, parts.registry, options);
        if (there === undefined || edit.holds(there.json)) continue;
        for (const name of gone) {
          const record = listed(there.json, name);
          if (record !== undefined) dropped.set(keyOf(name), record);
        }
        await putChange(place, edit, parts, options);
        changed = true;
      }
    }
    if (!changed) return failures;
    await parts.sleep(parts.settleMs ?? SETTLE_MS, options.signal);
  }
  const names = contested.map(({ subdir, record }) => `${subdir}/${record.fileName}`).join(', ');
  throw new CondockError('conflict', `Others put the other archive of the same build there all the time: ${names}.`, {
    hint: 'Decide for one of the two, and publish it again with --force.',
    data: { host: channel.host },
  });
}

/** Which archive the tag of a build holds: the one that is listed, or, and only, the one in the other format. */
async function readTag(
  { subdir, record }: Listing,
  { channel, layout }: ListTarget,
  { registry }: UpdateParts,
  options: UpdateOptions,
): Promise<{ holds: 'own' | 'other' | 'neither'; reference: string }> {
  const identity = parseFileName(record.fileName);
  const { reference, repository, tag } = encodeReference({ channel, subdir, identity, layout });
  const manifest = await registry.getManifest({ host: channel.host, name: repository }, tag, options);
  if (manifest === undefined) return { holds: 'neither', reference };
  const { archives } = readPackageArtifact(manifest.document as Manifest);
  return { holds: archives[identity.format] === undefined ? 'other' : 'own', reference };
}

function replacedMeanwhile({ record, replaces }: Listing, reference: string, { channel }: ListTarget): CondockError {
  return new CondockError(
    'conflict',
    `${reference} was given ${replaces ?? 'another archive'} meanwhile, which took the place of ${record.fileName}.`,
    {
      hint: 'A reference holds one archive of a build. Publish again with --force if it should be yours.',
      data: { host: channel.host, reference },
    },
  );
}
