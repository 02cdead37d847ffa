import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CondockError } from '@condock/protocol';
import { plural } from '../../system/text.ts';
import { detectFormat, formatByName } from './detect-file.ts';
import { readPixiLock } from './pixi-lock/read-pixi-lock.ts';
import { PrefixCache } from './prefix/prefix-cache.ts';
import { isPrefix, readPrefix } from './prefix/read-prefix.ts';
import { readCondaLock } from './read-conda-lock.ts';
import { readExplicit } from './read-explicit.ts';
import { readText, unreadable } from './read-text.ts';
import { type Selection, select } from './select.ts';
import { describeSpecs, readEnvironmentYml, readPixiManifest, type Specs } from './specs/read-specs.ts';
import type { EnvironmentFile } from './types.ts';
import { isWorkspace, readWorkspace } from './workspace.ts';

export interface ReadOptions extends Selection {
  /** Makes a second listing of a prefix cheap. Default: none. */
  cache?: PrefixCache;
}

/** Sentences that a listing warns with at most. */
const MAX_WARNINGS = 100;

type Listing = EnvironmentFile & { subdirs?: ReadonlyMap<string, string> };

/**
 * Lists what a path holds: an installed prefix, a pixi workspace's folder, a pixi.lock (versions 4 to 7), a conda-lock.yml,
 * an explicit file. Manifests (pixi.toml, pyproject.toml, environment.yml) have no environments and a warning that says
 * what is missing. Synchronous: meant for the engine's own thread.
 *
 * Throws `not-found` (the path, the environment, the platform), `invalid-environment` (empty, unreadable, misshapen),
 * `unsupported-format` (not recognised, or a version that can't be read), `too-large`.
 */
export function readEnvironment(path: string, options: ReadOptions = {}): EnvironmentFile {
  const { subdirs, warnings, ...rest } = read(path, options.cache ?? new PrefixCache());
  const file = { ...rest, warnings: readable(warnings, path) };
  if (file.kind === 'specs') return file;
  return { ...file, environments: select(file.environments, options, path, subdirs) };
}

/** A file of a hundred thousand broken lines is told of in a page that a person can read. */
function readable(warnings: string[], path: string): string[] {
  if (warnings.length <= MAX_WARNINGS) return warnings;
  const more = plural(warnings.length - MAX_WARNINGS, 'more warning');
  return [...warnings.slice(0, MAX_WARNINGS), `${path}: ${more} of this kind.`];
}

/** `readEnvironment` with a memory of its own. */
export function createEnvironmentReader(
  cache: PrefixCache = new PrefixCache(),
): (path: string, selection?: Selection) => EnvironmentFile {
  return (path, selection = {}) => readEnvironment(path, { ...selection, cache });
}

function read(path: string, cache: PrefixCache): Listing {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
  return isFolder ? readFolder(path, cache) : readFile(path);
}

function readFolder(folder: string, cache: PrefixCache): Listing {
  if (basename(folder) === 'conda-meta') return readPrefix(dirname(folder), cache);
  if (isWorkspace(folder)) return readWorkspace(folder, cache);
  if (isPrefix(folder)) return readPrefix(folder, cache);
  for (const name of ['pixi.toml', 'pyproject.toml']) {
    const path = join(folder, name);
    const specs = existsSync(path) ? readPixiManifest(readText(path), path) : undefined;
    if (specs !== undefined) return specsListing(specs, path);
  }
  throw unrecognised(
    folder,
    readdirSync(folder).filter((name) => formatByName(name) !== undefined),
  );
}

function readFile(path: string): Listing {
  const text = readText(path);
  switch (detectFormat(path, text)) {
    case 'pixi-lock':
      return { path, kind: 'pixi-lock', ...readPixiLock(text, path), warnings: [] };
    case 'conda-lock':
      return { path, kind: 'conda-lock', ...readCondaLock(text, path) };
    case 'explicit':
      return { path, kind: 'explicit', ...readExplicit(text, path) };
    case 'environment-yml':
      return specsListing(readEnvironmentYml(text, path), path);
    case 'pixi-manifest': {
      const specs = readPixiManifest(text, path);
      if (specs !== undefined) return specsListing(specs, path);
      break;
    }
    case undefined:
      break;
  }
  throw unrecognised(path, []);
}

function specsListing(specs: Specs, path: string): Listing {
  return { path, kind: 'specs', environments: [], warnings: [describeSpecs(specs, path)] };
}

function unrecognised(path: string, inside: string[]): CondockError {
  const hint =
    inside.length > 0
      ? `Name a file in it: ${inside.sort().join(', ')}.`
      : 'Name an installed prefix, a pixi workspace, a pixi.lock, a conda-lock.yml, or an explicit file.';
  return new CondockError('unsupported-format', `${path} is nothing in which Condock finds an environment.`, {
    hint,
    data: { file: path },
  });
}
