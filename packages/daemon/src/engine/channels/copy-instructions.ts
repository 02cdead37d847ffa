import { changeInstructions, emptyPatchInstructions } from '../../layout/repodata/patch-instructions.ts';
import { counterpartOf } from '../../layout/repodata/records.ts';
import { equalJson } from '../../layout/repodata/stable-json.ts';
import { type PatchInstructions, RECORD_SECTIONS } from '../../layout/repodata/types.ts';
import { confirmChange, type DocumentEdit, putChange, type UpdateParts } from './document-update.ts';
import type { CopyOptions } from './copy-package.ts';
import { placeOf, readDocument } from './metadata-documents.ts';

/**
 * Takes along what the source's patch instructions say of the copied files (hotfixes and revocations), so that an index that is rebuilt
 * at the target says the same. What was yanked is not listed, and so is not copied.
 */
export async function copyInstructions(
  subdir: string,
  fileNames: readonly string[],
  { from, to, fromLayout, layout, request }: CopyOptions,
  parts: UpdateParts,
): Promise<void> {
  const source = await readDocument(placeOf(from, subdir, fromLayout, 'patch_instructions'), parts.registry, request);
  if (source === undefined) return;
  const theirs = selected(source.json, fileNames);
  if (RECORD_SECTIONS.every((s) => Object.keys(theirs[s]).length === 0) && theirs.revoke.length === 0) return;
  const place = placeOf(to, subdir, layout, 'patch_instructions');
  await confirmChange(await putChange(place, additionEdit(theirs), parts, request), parts, request);
}

type Selection = Required<Pick<PatchInstructions, 'packages' | 'packages.conda' | 'revoke'>>;

/** What is said of a .tar.bz2 counts for the .conda of its build too. */
function selected(instructions: PatchInstructions, fileNames: readonly string[]): Selection {
  const names = new Set(fileNames.flatMap((name) => (name.endsWith('.conda') ? [name, counterpartOf(name)] : [name])));
  const section = (name: 'packages' | 'packages.conda'): Selection['packages'] =>
    Object.fromEntries(Object.entries(instructions[name] ?? {}).filter(([fileName]) => names.has(fileName)));
  return {
    packages: section('packages'),
    'packages.conda': section('packages.conda'),
    revoke: (instructions.revoke ?? []).filter((name) => names.has(name)),
  };
}

function additionEdit(theirs: Selection): DocumentEdit {
  const apply = (there: PatchInstructions | undefined): PatchInstructions => {
    const changed = changeInstructions(there ?? emptyPatchInstructions(), { revoke: theirs.revoke });
    for (const section of RECORD_SECTIONS) changed[section] = { ...there?.[section], ...theirs[section] };
    return changed;
  };
  return { apply, holds: (there) => equalJson(apply(there), there) };
}
