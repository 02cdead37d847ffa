import type * as NodeFs from 'node:fs';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Registration } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { liveUntil } from '../system/testing/mortal-files.ts';
import { elect } from './election.ts';
import { listen } from './listener.ts';
import { readHighest, register } from './registrations.ts';
import { ensureRuntimeDirectory } from './runtime-directory.ts';
import { sweepRuntime } from './sweep.ts';

vi.mock('node:fs/promises', async () =>
  (await import('../system/testing/mortal-files.ts')).mortalPromises(await vi.importActual<typeof NodeFs>('node:fs')),
);

const uid = process.getuid?.();
const registration = (address: string): Registration => ({
  version: '1',
  protocol: { major: 1, minor: 0 },
  pid: 1,
  address,
  token: 'a'.repeat(64),
  startedAt: 'now',
});

describe('the runtime directory', () => {
  let runtime: string;
  const listening: Server[] = [];
  beforeEach(() => {
    runtime = mkdtempSync(join(tmpdir(), 'cdr-'));
  });
  afterEach(async () => {
    for (const server of listening.splice(0)) await new Promise((resolve) => server.close(resolve));
    rmSync(runtime, { recursive: true });
  });
  const socket = async (n: number): Promise<string> => {
    const path = join(runtime, `d.${String(n).padStart(16, '0')}.sock`);
    listening.push(await listen(path));
    return path;
  };
  const never = () => Promise.reject(new Error('nobody is to be asked'));

  it('is made for its user alone', async () => {
    const path = join(runtime, 'a', 'b');
    await ensureRuntimeDirectory(path, uid);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it("is refused if it is open to others, is a link, or lies in another user's directory", async () => {
    const open = join(runtime, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    await expect(ensureRuntimeDirectory(open, uid)).rejects.toMatchObject({ code: 'insecure' });
    symlinkSync(runtime, join(runtime, 'link'));
    await expect(ensureRuntimeDirectory(join(runtime, 'link'), uid)).rejects.toMatchObject({ code: 'insecure' });
    if (uid === undefined) return;
    const foreign = join(runtime, 'foreign');
    mkdirSync(foreign);
    // Root can give a directory away; others can only pretend to be somebody else.
    if (uid === 0) chownSync(foreign, 12345, 12345);
    const user = uid === 0 ? 0 : uid + 1;
    await expect(ensureRuntimeDirectory(join(foreign, 'run'), user)).rejects.toMatchObject({ code: 'insecure' });
    expect(readdirSync(foreign)).toEqual([]);
  });

  it('says why it can not be made', async () => {
    writeFileSync(join(runtime, 'file'), '');
    const attempt = ensureRuntimeDirectory(join(runtime, 'file', 'run'), uid);
    await expect(attempt).rejects.toMatchObject({ code: 'daemon-unavailable' });
  });

  it('holds each number once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => register(runtime, 1, registration('/s'))));
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(readdirSync(runtime)).toEqual(['daemon.1.json']);
    expect(statSync(join(runtime, 'daemon.1.json')).mode & 0o777).toBe(0o600);
    expect(await readHighest(runtime)).toEqual({ generation: 1, registration: registration('/s') });
  });

  it('gives the next number to whoever finds the highest dead, and attaches to the living', async () => {
    const dead = { runtime, registration: registration(join(runtime, 'd.none.sock')), askToDrain: never };
    expect(await elect(dead)).toEqual({ kind: 'elected', generation: 1 });
    const living = registration(await socket(2));
    expect(await elect({ ...dead, registration: living })).toEqual({ kind: 'elected', generation: 2 });
    expect(await elect(dead)).toEqual({ kind: 'attached', registration: living });
  });

  it.each([false, true])(
    'is no hindrance to the next start, whatever change a daemon was killed at (in a write: %s)',
    async (torn) => {
      const path = join(runtime, 'condock', 'run');
      for (let before = 1, died = true; died; before += 1) {
        ({ died } = await liveUntil({ before, torn }, async () => {
          await ensureRuntimeDirectory(path, uid);
          const { kind } = await elect({
            runtime: path,
            registration: registration(`${path}/d.x.sock`),
            askToDrain: never,
          });
          if (kind === 'elected') await sweepRuntime(path, 1, () => Date.now() + 61_000);
        }));
        await ensureRuntimeDirectory(path, uid);
        const living = registration(await socket(before));
        const next = await elect({ runtime: path, registration: living, askToDrain: never });
        expect(next.kind).toBe('elected');
        expect(await readHighest(path)).toMatchObject({ registration: living });
        await sweepRuntime(path, 2, () => Date.now() + 61_000);
        expect(readdirSync(path).filter((name) => !/^daemon\.[12]\.json$/.test(name))).toEqual([]);
        await new Promise((resolve) => listening.pop()?.close(resolve));
        rmSync(join(runtime, 'condock'), { recursive: true });
      }
    },
  );

  it('passes over a number whose file can not be read as a registration', async () => {
    writeFileSync(join(runtime, 'daemon.41.json'), '{"half');
    const options = { runtime, registration: registration('/s'), askToDrain: never };
    expect(await elect(options)).toEqual({ kind: 'elected', generation: 42 });
  });

  it('is swept of what is dead and old, and of nothing else', async () => {
    const alive = await socket(1);
    for (const n of [1, 2, 3, 4]) await register(runtime, n, registration('/s'));
    // What a killed process leaves: a socket's name without a listener.
    const moved = join(runtime, 'd.00000000000000ff.sock');
    renameSync(await socket(2), moved);
    await new Promise((resolve) => listening.pop()?.close(resolve));
    writeFileSync(join(runtime, '.registration.00000000000000aa.tmp'), '');
    writeFileSync(join(runtime, 'somebody-elses.json'), '');
    await sweepRuntime(runtime, 4);
    expect(readdirSync(runtime)).toContain('d.00000000000000ff.sock');
    expect(readdirSync(runtime)).toContain('.registration.00000000000000aa.tmp');
    await sweepRuntime(runtime, 4, () => Date.now() + 61_000);
    const kept = [basename(alive), 'daemon.3.json', 'daemon.4.json', 'somebody-elses.json'];
    expect(readdirSync(runtime).sort()).toEqual(kept.sort());
  });
});
