import type { Dirent } from 'node:fs';
import { join } from 'node:path';

/** A package archive that a build tool left behind. */
export interface FoundBuild {
  path: string;
  fileName: string;
  /** The tool that leaves builds in such a place; undefined where the place says nothing. */
  tool: 'rattler-build' | 'conda-build' | 'pixi build' | undefined;
  /** Milliseconds since 1970. */
  modified: number;
  bytes: number;
}

export interface FindBuildsParts {
  readdir: (path: string) => Promise<Dirent[]>;
  stat: (path: string) => Promise<{ mtimeMs: number; size: number }>;
}

/** A channel's folder of builds: noarch or `system-machine`. */
const SUBDIR = /^(?:noarch|(?:linux|osx|win|emscripten|wasi|freebsd|zos)-[a-z0-9_]+)$/;
const ARCHIVE = /^[^/\\]+-[^-]+-[^-]+\.(?:conda|tar\.bz2)$/;
/** What a build tool makes besides packages, or what is not a build of this project. */
const SKIPPED = new Set(['node_modules', '.git', '.pixi', 'bld', 'src_cache', 'pkgs', 'envs', '.cache']);
const MAX_DEPTH = 4;
const MAX_FOLDERS = 2000;

/**
 * The builds below some folders, the newest first: what rattler-build leaves in `output/SUBDIR`, conda-build in
 * `conda-bld/SUBDIR`, and `pixi build` in the project's own folder. Folders that can't be read are passed over.
 */
export async function findBuilds(folders: readonly string[], parts: FindBuildsParts): Promise<FoundBuild[]> {
  const found = new Map<string, FoundBuild>();
  const budget = { folders: MAX_FOLDERS };
  for (const folder of folders) await search(folder, [], parts, budget, found);
  return [...found.values()].sort((a, b) => b.modified - a.modified);
}

async function search(
  folder: string,
  trail: readonly string[],
  parts: FindBuildsParts,
  budget: { folders: number },
  found: Map<string, FoundBuild>,
): Promise<void> {
  if (budget.folders <= 0) return;
  budget.folders -= 1;
  const entries = await parts.readdir(folder).catch(() => []);
  const inSubdir = SUBDIR.test(trail.at(-1) ?? '');
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (trail.length < MAX_DEPTH && !SKIPPED.has(entry.name)) {
        await search(path, [...trail, entry.name], parts, budget, found);
      }
    } else if (entry.isFile() && ARCHIVE.test(entry.name) && (inSubdir || trail.length <= 1)) {
      const facts = await parts.stat(path).catch(() => undefined);
      if (facts === undefined) continue;
      const { mtimeMs: modified, size: bytes } = facts;
      found.set(path, { path, fileName: entry.name, tool: toolOf(path, inSubdir), modified, bytes });
    }
  }
}

function toolOf(path: string, inSubdir: boolean): FoundBuild['tool'] {
  const folders = path.split(/[\\/]/).slice(0, -1);
  if (folders.includes('conda-bld')) return 'conda-build';
  if (inSubdir && folders.at(-2) === 'output') return 'rattler-build';
  return inSubdir ? undefined : 'pixi build';
}
