import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from './atomic-file.ts';

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

  it('leaves the old content and no temporary file where the target cannot be replaced', () => {
    expect(() => {
      writeFileAtomic(join(dir, 'missing', 'a.json'), 'x');
    }).toThrow(/ENOENT/);
    expect(readdirSync(dir)).toEqual([]);
  });
});
