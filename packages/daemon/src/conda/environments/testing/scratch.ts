import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CondockError } from '@condock/protocol';
import { afterEach, beforeEach } from 'vitest';

export interface Scratch {
  /** A folder of this test's own, removed after it. */
  readonly folder: string;
  /** Writes a file below it, with the folders that it needs; returns its path. */
  put(path: string, content: string | object): string;
}

/** A folder per test. Call it in a `describe`. */
export function useScratch(): Scratch {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'condock-environments-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  return {
    get folder() {
      return folder;
    },
    put: (path, content) => {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    },
  };
}

/** The error that a call ends with; fails the test where it does not. */
export function refusalOf(call: () => unknown): CondockError {
  try {
    call();
  } catch (error) {
    if (error instanceof CondockError) return error;
    throw error;
  }
  throw new Error('The call was not refused.');
}
