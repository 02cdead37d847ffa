import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tarBz2Of } from '../testing/archives.ts';
import { type Bunzip2, makeBunzip2 } from './bunzip2.ts';

const hasProgram = (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, 'bzip2')));

describe('bunzip2', () => {
  let dir: string;
  let path: string;
  let bytes: Uint8Array;
  beforeAll(async () => {
    // More than one block of 900 kB.
    const content = Buffer.concat(Array.from({ length: 200_000 }, (_, at) => Buffer.from(`${at}`)));
    bytes = await tarBz2Of([{ name: 'a', content }]);
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'condock-bunzip2-'));
    path = join(dir, 'a.bz2');
    writeFileSync(path, bytes);
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  async function all(bunzip2: Bunzip2): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of bunzip2(path)) parts.push(part);
    return Buffer.concat(parts);
  }

  it('works in JavaScript where the program does not start', async () => {
    const own = await all(makeBunzip2({}));
    expect(own.length).toBeGreaterThan(1_000_000);
    expect((await all(makeBunzip2({ program: 'no-such-bzip2', env: process.env }))).equals(own)).toBe(true);
  });

  it.skipIf(!hasProgram)('the program (skipped where there is no bzip2) gives the same', async () => {
    const program = makeBunzip2({ program: 'bzip2', env: process.env });
    expect((await all(program)).equals(await all(makeBunzip2({})))).toBe(true);
  });

  it.skipIf(!hasProgram)('loses nothing of a program that ends at once', async () => {
    writeFileSync(path, await tarBz2Of([{ name: 'a', content: 'small' }]));
    const expected = (await all(makeBunzip2({}))).length;
    for (let round = 0; round < 20; round += 1) {
      expect((await all(makeBunzip2({ program: 'bzip2', env: process.env }))).length).toBe(expected);
    }
  });

  it.skipIf(!hasProgram)('the program takes no options from the environment', async () => {
    const program = makeBunzip2({ program: 'bzip2', env: { ...process.env, BZIP2: '--compress' } });
    expect((await all(program)).subarray(0, 1).toString()).toBe('a');
  });

  it.skipIf(process.platform !== 'linux' || !hasProgram)(
    'leaves no program behind when reading ends early',
    async () => {
      const children = (): string[] =>
        readdirSync('/proc').filter((pid) => {
          try {
            const status = readFileSync(`/proc/${pid}/status`, 'utf8');
            return status.includes(`\nPPid:\t${process.pid}\n`) && status.startsWith('Name:\tbzip2\n');
          } catch {
            return false;
          }
        });
      for await (const part of makeBunzip2({ program: 'bzip2', env: process.env })(path)) {
        expect(part.length).toBeGreaterThan(0);
        break;
      }
      expect(children()).toEqual([]);
    },
  );

  it('refuses a stream with one bit changed', async () => {
    const changed = Buffer.from(bytes);
    changed[Math.floor(changed.length / 2)]! ^= 1;
    writeFileSync(path, changed);
    for (const bunzip2 of [makeBunzip2({}), makeBunzip2({ program: 'bzip2', env: process.env })]) {
      await expect(all(bunzip2)).rejects.toMatchObject({ code: 'invalid-package' });
    }
  });
});
