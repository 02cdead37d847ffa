import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '../../yaml.ts';
import { formatByName } from '../detect-file.ts';
import type { Discovered } from '../discover.ts';
import { outlinePixiLock } from '../pixi-lock/read-pixi-lock.ts';
import { condaLockPlatforms } from '../read-conda-lock.ts';
import { isExplicit } from '../read-explicit.ts';
import { readText } from '../read-text.ts';
import { readEnvironmentYml, readPixiManifest, type Specs } from '../specs/read-specs.ts';

/** Bytes of a text file that are looked at to see whether it is an explicit file. */
const HEAD_BYTES = 4096;

/**
 * What one file of a folder is, by name and head; undefined where it is nothing of ours. `names` are all names in the
 * folder: a lock makes its folder a workspace, and its manifest need not be shown beside it.
 */
export function outlineFile(folder: string, name: string, names: ReadonlySet<string>): Discovered | undefined {
  const path = join(folder, name);
  switch (formatByName(name)) {
    case 'pixi-lock': {
      const outline = outlinePixiLock(readText(path), path);
      if (name === 'pixi.lock') return { path: folder, kind: 'pixi-workspace', ...outline, note: null };
      return { path, kind: 'pixi-lock', ...outline, note: null };
    }
    case 'conda-lock': {
      // The head says the platforms; the rows behind it can be megabytes.
      const head = readText(path).split(/^package:/m, 1)[0] ?? '';
      const platforms = head.trim() === '' ? [] : condaLockPlatforms(parseYaml(head, path, 'invalid-environment'));
      return { path, kind: 'conda-lock', names: ['default'], platforms, note: null };
    }
    case 'pixi-manifest': {
      if (names.has('pixi.lock')) return undefined;
      return specs(readPixiManifest(readText(path), path), path);
    }
    case 'environment-yml':
      return specs(readEnvironmentYml(readText(path), path), path);
    case 'explicit':
    case undefined:
      if (!name.endsWith('.txt') || !isExplicit(headOf(path))) return undefined;
      return { path, kind: 'explicit', names: ['default'], platforms: platformIn(headOf(path)), note: null };
  }
}

function specs(found: Specs | undefined, path: string): Discovered | undefined {
  if (found === undefined) return undefined;
  const { environments, platforms } = found;
  return { path, kind: 'specs', names: environments, platforms, note: 'needs a lock or an installed prefix' };
}

function platformIn(head: string): string[] {
  const platform = /^#\s*platform:\s*(\S+)/m.exec(head)?.[1];
  return platform === undefined ? [] : [platform];
}

function headOf(path: string): string {
  const buffer = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}
