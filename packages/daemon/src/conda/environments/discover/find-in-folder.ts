import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { toCondockError } from '@condock/protocol';
import type { Discovered } from '../discover.ts';
import { isPrefix, prefixName } from '../prefix/read-prefix.ts';
import { unreadable } from '../read-text.ts';
import { installedEnvironments } from '../workspace.ts';
import { outlineFile } from './outline-file.ts';

/** Levels below the folder that was named. */
const MAX_DEPTH = 3;
/** Folders that are listed for one that was named. */
const MAX_FOLDERS = 2000;
/** Where environments are not, or not as anybody's own. */
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', '__pycache__', 'site-packages', 'conda-bld', 'pkgs']);

interface Walk {
  add: (one: Discovered) => void;
  warnings: string[];
  left: number;
}

/** Finds what a folder and those below it hold, without following links. Returns warnings. */
export function findInFolder(folder: string, add: (one: Discovered) => void): string[] {
  const walk: Walk = { add, warnings: [], left: MAX_FOLDERS };
  let level = [folder];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    level = level.flatMap((one) => visit(one, walk));
  }
  if (walk.left < 0) walk.warnings.push(`${folder} has more than ${MAX_FOLDERS} folders; not all were looked at.`);
  return walk.warnings;
}

/** Adds what stands in one folder; returns the folders to look at next. */
function visit(folder: string, walk: Walk): string[] {
  walk.left -= 1;
  if (walk.left < 0) return [];
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    walk.warnings.push(unreadable(folder, error).message);
    return [];
  }
  const names = new Set(entries.map(({ name }) => name));
  if (names.has('conda-meta') && isPrefix(folder)) {
    walk.add(describePrefix(folder, null));
    // What lies in a prefix is its packages'; base prefixes keep others below.
    return names.has('envs') ? foldersIn(join(folder, 'envs')) : [];
  }
  if (names.has('.pixi')) addInstalled(folder, walk);
  for (const entry of entries.filter((e) => e.isFile()).sort(byName)) {
    try {
      const outlined = outlineFile(folder, entry.name, names);
      if (outlined !== undefined) walk.add(outlined);
    } catch (error) {
      walk.warnings.push(toCondockError(error).message);
    }
  }
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name))
    .sort(byName)
    .map(({ name }) => join(folder, name));
}

function addInstalled(folder: string, walk: Walk): void {
  const { prefixes, warnings } = installedEnvironments(folder);
  walk.warnings.push(...warnings);
  for (const { name, path } of prefixes) {
    walk.add({ path, kind: 'prefix', names: [name], platforms: [], note: `installed by pixi for ${folder}` });
  }
}

/** A prefix as discovery shows it: its platform stands in its records, which are not read. */
export function describePrefix(path: string, note: string | null, name = prefixName(path)): Discovered {
  return { path, kind: 'prefix', names: [name], platforms: [], note };
}

/** The folders in a folder, links left out; none where there is no such folder. */
export function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .sort(byName)
      .map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

const byName = (a: Dirent, b: Dirent): number => (a.name < b.name ? -1 : 1);
