import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../../../test/support/bundle.ts';
import { runProgram } from '../../../../test/support/run-program.ts';
import { sha256Digest } from '../oci/digest.ts';
import { systemProcesses } from './owner/process-identity.ts';
import { childBlob, ingestWhole } from './testing/child-blobs.ts';
import { TemporaryStores } from './testing/temporary-store.ts';

const CHILD = fileURLToPath(new URL('testing/store-child.ts', import.meta.url));

describe('a store that many processes share', () => {
  let stores: TemporaryStores;
  let script: string;
  beforeEach(async () => {
    stores = new TemporaryStores();
    script = await bundleProgram(CHILD, join(stores.directory, 'program'), 'store-child');
  });
  afterEach(() => stores[Symbol.asyncDispose]());

  const path = (...names: string[]) => join(stores.root, ...names);
  /** Without those that never came to be: a collection removes them. */
  const owners = () => readdirSync(path('owners')).filter((name) => !name.startsWith('.'));
  const open = () => stores.open({ processes: systemProcesses });

  it('holds each blob once, whole, where eight bring the same, with garbage in place', async () => {
    const count = 60;
    const bad = childBlob(1);
    const half = childBlob(5);
    for (const folder of ['blobs/sha256', 'ingest', 'owners/dead', 'owners/.new-x', 'records', 'bad']) {
      mkdirSync(path(folder), { recursive: true });
    }
    writeFileSync(path('blobs', 'sha256', bad.digest.slice(7)), 'garbage');
    writeFileSync(path('blobs', 'sha256', 'garbage'), 'garbage');
    writeFileSync(path('ingest', half.digest.slice(7)), half.bytes.subarray(0, 123_456));
    writeFileSync(path('ingest', `${half.digest.slice(7)}.lock`), 'dead');
    writeFileSync(path('owners', 'dead', 'owner.json'), '{');
    writeFileSync(path('owners', 'dead', `partial-${childBlob(10).digest.slice(7)}`), '');
    writeFileSync(path('records', '1.jsonl'), 'garbage\n{"k":"ref"}\n\0\0');

    const ends = await Promise.all(
      Array.from({ length: 8 }, (_, seed) =>
        runProgram(process.execPath, [script, stores.root, 'once', String(seed), String(count)]),
      ),
    );
    expect(ends).toEqual(ends.map(() => ({ code: 0, stdout: '', stderr: '' })));

    const store = open();
    const blobs = Array.from({ length: count }, (_, at) => childBlob(at));
    const bytes = blobs.reduce((sum, blob) => sum + blob.bytes.length, 0);
    expect(store.status()).toMatchObject({ blobs: count, bytes, partial: 0 });
    expect(await store.verify({})).toEqual({ checked: count, bad: [] });
    expect([...store.refs()]).toHaveLength(count);
    expect([...store.pins()]).toHaveLength(count / 10);
    expect(Object.keys(stores.index())).toHaveLength(count);
    expect(owners()).toEqual([]);
    expect(readdirSync(path('ingest'))).toEqual([]);
  });

  it('is whole after processes were killed in the middle of whatever they did', async () => {
    for (let round = 0; round < 6; round += 1) {
      const children = [0, 1].map((seed) =>
        spawn(process.execPath, [script, stores.root, 'endless', String(seed + round), '40'], {
          stdio: ['ignore', 'pipe', 'inherit'],
        }),
      );
      // From the start: one that ends by itself is told by its code, not waited for.
      const exits = children.map((child) => once(child, 'exit'));
      await Promise.all(children.map((child, at) => Promise.race([once(child.stdout, 'data'), exits[at]])));
      await sleep(37 * round);
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(exits);
      expect(children.map((child) => child.signalCode)).toEqual(['SIGKILL', 'SIGKILL']);

      // What others see without asking us: a layout whose every blob is what its name says.
      expect(readFileSync(path('oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}');
      expect(() => stores.index()).not.toThrow();
      for (const hex of stores.blobs())
        expect(sha256Digest(readFileSync(path('blobs', 'sha256', hex)))).toBe(`sha256:${hex}`);

      const store = open();
      const { digest, bytes } = childBlob(round * 5);
      await ingestWhole(store, digest, bytes);
      expect(store.status()).toMatchObject({
        blobs: stores.blobs().length,
        bytes: stores.blobs().reduce((sum, hex) => sum + (store.has(`sha256:${hex}`) ?? 0), 0),
      });
      const names = [...store.refs()].map(([name]) => name).sort();
      await store[Symbol.asyncDispose]();
      expect(Object.keys(stores.index()).sort()).toEqual(names);
      expect(owners()).toEqual([]);
    }
  }, 60_000);
});
