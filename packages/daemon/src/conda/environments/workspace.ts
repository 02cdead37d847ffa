import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { redact, toCondockError } from '@condock/protocol';
import { readPixiLock } from './pixi-lock/read-pixi-lock.ts';
import { isPrefix, readPrefix } from './prefix/read-prefix.ts';
import type { PrefixCache } from './prefix/prefix-cache.ts';
import { readText } from './read-text.ts';
import type { EnvironmentFile, ListedEnvironment } from './types.ts';

/** Whether a folder is a pixi workspace with anything that can be listed. */
export function isWorkspace(folder: string): boolean {
  return existsSync(join(folder, 'pixi.lock')) || installedEnvironments(folder).prefixes.length > 0;
}

/**
 * The prefixes below `.pixi/envs`, which may be a link to detached environments elsewhere. A link that leads nowhere is a
 * warning.
 */
export function installedEnvironments(workspace: string): {
  prefixes: { name: string; path: string }[];
  warnings: string[];
} {
  const folder = join(workspace, '.pixi', 'envs');
  try {
    const names = readdirSync(folder).sort();
    const prefixes = names.map((name) => ({ name, path: join(folder, name) })).filter(({ path }) => isPrefix(path));
    return { prefixes, warnings: [] };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const absent = code === 'ENOENT' && !isLink(join(workspace, '.pixi'), 'envs');
    if (absent || code === 'ENOTDIR') return { prefixes: [], warnings: [] };
    return { prefixes: [], warnings: [redact(`${folder} can't be listed (${code ?? 'unknown error'}).`)] };
  }
}

function isLink(folder: string, name: string): boolean {
  try {
    return readdirSync(folder, { withFileTypes: true }).some((entry) => entry.name === name && entry.isSymbolicLink());
  } catch {
    return false;
  }
}

export interface Workspace extends EnvironmentFile {
  subdirs: Map<string, string>;
}

/**
 * Lists a pixi workspace: what its lock says, and those installed environments that the lock does not have. Without a lock,
 * or with one that can't be read while environments are installed, what is installed, and a warning.
 */
export function readWorkspace(folder: string, cache: PrefixCache): Workspace {
  const { prefixes, warnings } = installedEnvironments(folder);
  const environments: ListedEnvironment[] = [];
  let subdirs = new Map<string, string>();
  const lock = join(folder, 'pixi.lock');
  const locked = existsSync(lock);
  if (locked) {
    try {
      const read = readPixiLock(readText(lock), lock);
      environments.push(...read.environments);
      subdirs = read.subdirs;
    } catch (error) {
      if (prefixes.length === 0) throw error;
      warnings.push(`${toCondockError(error).message} Shown is what is installed.`);
    }
  } else warnings.push(`${folder} has no pixi.lock; shown is what is installed.`);
  const names = new Set(environments.map(({ name }) => name));
  for (const { name, path } of prefixes.filter((prefix) => !names.has(prefix.name))) {
    if (names.size > 0) warnings.push(`${path} is installed, but ${lock} has no environment "${name}".`);
    const installed = readPrefix(path, cache);
    environments.push(...installed.environments.map((environment) => ({ ...environment, name })));
    warnings.push(...installed.warnings);
  }
  return { path: folder, kind: 'pixi-workspace', environments, warnings, subdirs };
}
