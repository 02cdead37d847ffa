import { joinLock } from './join-lock.ts';
import { checkLockVersion } from './lock-version.ts';
import type { LockDocument } from './model.ts';
import { parseLock } from './parse-lock.ts';
import { scanLock } from './scan-lock.ts';
import type { ListedEnvironment } from '../types.ts';

export interface PixiLock {
  environments: ListedEnvironment[];
  /** The subdir behind each platform's name, which need not be one itself (version 7). */
  subdirs: Map<string, string>;
}

/** Reads a pixi.lock of versions 4 to 7. Throws `invalid-environment` and `unsupported-format`, naming `path`. */
export function readPixiLock(text: string, path: string): PixiLock {
  const document = readDocument(text, path, true);
  return { environments: joinLock(document, path), subdirs: subdirsOf(document) };
}

/** Which environments and platforms a pixi.lock has, without a look at its records. Throws like `readPixiLock`. */
export function outlinePixiLock(text: string, path: string): { names: string[]; platforms: string[] } {
  const { environments } = readDocument(text, path, false);
  return {
    names: environments.map(({ name }) => name),
    platforms: [...new Set(environments.flatMap(({ platforms }) => platforms.map(({ name }) => name)))],
  };
}

function readDocument(text: string, path: string, records: boolean): LockDocument {
  const document = scanLock(text, { records }) ?? parseLock(text, path);
  checkLockVersion(document.version, path);
  return document;
}

function subdirsOf(document: LockDocument): Map<string, string> {
  return new Map(document.platforms.map(({ name, subdir }) => [name, subdir ?? name]));
}
