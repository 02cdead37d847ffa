import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readText } from '../read-text.ts';
import type { EnvironmentEntry, EnvironmentFile } from '../types.ts';
import type { PrefixCache } from './prefix-cache.ts';

/** Bytes; pixi writes some hundred. */
const PIXI_FILE_BYTES = 1024 * 1024;

/** Whether a folder is an installed prefix: conda, mamba and pixi all keep `conda-meta` there (CEP 32). */
export function isPrefix(folder: string): boolean {
  try {
    return statSync(join(folder, 'conda-meta'), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** Lists an installed prefix. What can't be read becomes a warning; throws where `conda-meta` itself can't be listed. */
export function readPrefix(prefix: string, cache: PrefixCache): EnvironmentFile {
  const { packages, warnings } = cache.read(prefix);
  return {
    path: prefix,
    kind: 'prefix',
    environments: [{ name: prefixName(prefix), platform: platformOf(packages), packages }],
    warnings,
  };
}

/** What pixi says it made the prefix for; else the folder's name, as conda has it. */
export function prefixName(prefix: string): string {
  try {
    const facts: unknown = JSON.parse(readText(join(prefix, 'conda-meta', 'pixi'), PIXI_FILE_BYTES));
    const name = (facts as { environment_name?: unknown } | null)?.environment_name;
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // Not pixi's, or from before pixi wrote this file.
  }
  return basename(prefix);
}

/** No tool writes it down everywhere, but packages that are not noarch are all for one. */
function platformOf(packages: readonly EnvironmentEntry[]): string | null {
  const counts = new Map<string, number>();
  for (const { subdir } of packages) {
    if (subdir !== '' && subdir !== 'noarch') counts.set(subdir, (counts.get(subdir) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
