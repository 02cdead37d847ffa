import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('npm run quickstart', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cqs-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Runs it with temporary files of its own; `until` is what it has written when it is told to end. */
  const run = async (until?: string): Promise<{ code: unknown; out: string }> => {
    const child = spawn(process.execPath, ['scripts/quickstart.mjs'], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let told = false;
    const hear = (text: string): void => {
      out += text;
      if (told || until === undefined || !out.includes(until)) return;
      told = true;
      child.kill('SIGTERM');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    const [code] = (await once(child, 'close')) as [unknown];
    return { code, out };
  };

  const expectNothingLeft = (): void => {
    expect(readdirSync(directory)).toEqual([]);
    expect(processesWith(`TMPDIR=${directory}`)).toEqual([]);
  };

  it('goes the whole path, says what to try next, and leaves nothing behind', async () => {
    const { code, out } = await run();
    expect(code, out).toBe(0);
    expect(out).toMatch(/zzz_quickstart_mutex:0\.1-main/);
    expect(out).toMatch(/libdock:1__e__2\.4\.1__p__abi7-h1a2b3c4_0/);
    expect(out).toMatch(/5 packages: 5 available[^]*5 fetched[^]*the archive was not fetched[^]*5 packages: 5 cached/);
    expect(out.match(/^ {2}npx condock /gm)).toHaveLength(3);
    expectNothingLeft();
  });

  it('leaves nothing behind where it is ended in the middle', async () => {
    const { code, out } = await run('$ condock publish');
    expect(code, out).toBe(1);
    expect(out).toMatch(/Interrupted; nothing is left behind\.\n$/);
    expectNothingLeft();
  });
});

/** Ids of processes that have this line in their environment (proc(5)); those that have ended have none. */
function processesWith(line: string): string[] {
  return readdirSync('/proc').filter((id) => {
    try {
      return /^\d+$/.test(id) && readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(line);
    } catch {
      return false;
    }
  });
}
