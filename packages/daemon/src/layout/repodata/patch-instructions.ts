import { copySections, counterpartOf, without } from './records.ts';
import { compareCodePoints, isJsonObject } from './stable-json.ts';
import type { JsonObject, PatchInstructions, RecordSection, Repodata } from './types.ts';

export const emptyPatchInstructions = (): PatchInstructions => ({
  patch_instructions_version: 1,
  packages: {},
  'packages.conda': {},
  remove: [],
  revoke: [],
});

export interface InstructionChange {
  /** Take these out of the repodata; the archives stay. A `.tar.bz2` name counts for the `.conda` of the build too. */
  yank?: readonly string[];
  /** Keep these listed, but make them impossible to install. */
  revoke?: readonly string[];
  /** Take back an earlier yank or revocation. */
  restore?: readonly string[];
}

/** Instructions with a change added; what was there stays. */
export function changeInstructions(instructions: PatchInstructions, change: InstructionChange): PatchInstructions {
  const restored = new Set(change.restore ?? []);
  const list = (old: readonly string[] | undefined, more: readonly string[] | undefined): string[] =>
    [...new Set([...(old ?? []), ...(more ?? [])])].filter((name) => !restored.has(name)).sort(compareCodePoints);
  return {
    ...instructions,
    patch_instructions_version: instructions.patch_instructions_version ?? 1,
    remove: list(instructions.remove, change.yank),
    revoke: list(instructions.revoke, change.revoke),
  };
}

/**
 * repodata_from_packages with the instructions applied, in conda-index's order: members (null deletes; unknown files are
 * passed over; those of a `.tar.bz2` count for the `.conda` of the same build), revocations, removals.
 */
export function applyPatchInstructions(repodata: Repodata, instructions: PatchInstructions): Repodata {
  const patched = copySections(repodata);
  const forBoth = instructions.packages ?? {};
  patchMembers(patched, 'packages', forBoth);
  patchMembers(patched, 'packages.conda', mapKeys(forBoth, counterpartOf));
  patchMembers(patched, 'packages.conda', instructions['packages.conda'] ?? {});
  for (const [section, name] of targets(instructions.revoke)) {
    const record = patched[section][name];
    // A record out of repodata that was patched before says so already.
    if (record === undefined || record.revoked === true) continue;
    const depends = Array.isArray(record.depends) ? (record.depends as unknown[]) : [];
    patched[section][name] = { ...record, revoked: true, depends: [...depends, 'package_has_been_revoked'] };
  }
  const removed = new Set(patched.removed ?? []);
  for (const [section, name] of targets(instructions.remove)) {
    if (patched[section][name] === undefined) continue;
    patched[section] = without(patched[section], name);
    removed.add(name);
  }
  return { ...patched, removed: [...removed].sort(compareCodePoints) };
}

/** A `.tar.bz2` name stands for both archives of the build, a `.conda` name for itself. */
function* targets(fileNames: readonly string[] | undefined): Generator<[RecordSection, string]> {
  for (const name of fileNames ?? []) {
    if (name.endsWith('.conda')) yield ['packages.conda', name];
    else
      yield* [
        ['packages', name] as [RecordSection, string],
        ['packages.conda', counterpartOf(name)] as [RecordSection, string],
      ];
  }
}

function patchMembers(repodata: Repodata, section: RecordSection, patches: Record<string, JsonObject>): void {
  for (const [name, patch] of Object.entries(patches)) {
    const record = repodata[section][name];
    if (record !== undefined) repodata[section][name] = patchObject(record, patch);
  }
}

function patchObject(record: JsonObject, patch: JsonObject): JsonObject {
  const patched = new Map(Object.entries(record));
  for (const [key, value] of Object.entries(patch)) {
    const before = patched.get(key);
    if (value === null && patched.has(key)) patched.delete(key);
    else patched.set(key, isJsonObject(value) && isJsonObject(before) ? patchObject(before, value) : value);
  }
  return Object.fromEntries(patched);
}

const mapKeys = <T>(records: Record<string, T>, change: (key: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(records).map(([key, value]) => [change(key), value]));
