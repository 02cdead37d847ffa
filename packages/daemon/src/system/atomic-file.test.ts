import type * as NodeFs from 'node:fs';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeLeftTemporariesOf, writeFileAtomic } from './atomic-file.ts';
import { liveUntil } from './testing/mortal-files.ts';

vi.mock('node:fs', async (original) =>
  (await import('./testing/mortal-files.ts')).mortalFs(await original<typeof NodeFs>()),
);

describe('writeFileAtomic', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'condock-atomic-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('replaces the content, keeps it private and leaves no temporary file', () => {
    const path = join(dir, 'a.json');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['a.json']);
  });

  it('leaves a file that is there where it is to be kept, and makes it where it is not', () => {
    const path = join(dir, 'a.json');
    writeFileAtomic(path, 'one', { keep: true });
    writeFileAtomic(path, 'two', { keep: true });
    expect(readFileSync(path, 'utf8')).toBe('one');
    expect(readdirSync(dir)).toEqual(['a.json']);
  });

  it('leaves the old or the new content where its process is killed, and nothing that the next sweep does not take', async () => {
    const path = join(dir, 'a.json');
    const found = new Set<string>();
    const write = async (): Promise<void> => {
      writeFileAtomic(path, 'two');
      return Promise.resolve();
    };
    for (let before = 1, died = true; died; before += 1) {
      writeFileSync(path, 'one');
      writeFileSync(join(dir, '.b.json.0123456789abcdef.tmp'), "somebody else's");
      ({ died } = await liveUntil({ before }, write));
      found.add(readFileSync(path, 'utf8'));
      const left = readdirSync(dir).length;
      removeLeftTemporariesOf(path);
      expect(readdirSync(dir)).toHaveLength(left);
      removeLeftTemporariesOf(path, () => Date.now() + 61_000);
      expect(readdirSync(dir).sort()).toEqual(['.b.json.0123456789abcdef.tmp', 'a.json']);
    }
    expect([...found]).toEqual(['one', 'two']);
  });

  it('leaves the old content and no temporary file where the target cannot be replaced', () => {
    expect(() => {
      writeFileAtomic(join(dir, 'missing', 'a.json'), 'x');
    }).toThrow(/ENOENT/);
    expect(readdirSync(dir)).toEqual([]);
  });
});
