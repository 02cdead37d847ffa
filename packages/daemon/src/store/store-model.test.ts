import { chmodSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Digest } from '../oci/digest.ts';
import type { BlobStore } from './blob-store.ts';
import { bytesOf, digestOf, TemporaryStores } from './testing/temporary-store.ts';

const BLOBS = 6;
const text = (blob: number): string => `blob ${blob}`.repeat(blob + 1);
const digest = (blob: number) => digestOf(text(blob));

const blob = fc.nat(BLOBS - 1);
const who = fc.nat(1);
const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), who, blob }),
  fc.record({
    do: fc.constant('ingest' as const),
    who,
    blob,
    cut: fc.nat(20),
    end: fc.constantFrom('commit', 'suspend'),
  }),
  fc.record({ do: fc.constant('ref' as const), who, blob, name: fc.nat(2) }),
  fc.record({ do: fc.constant('unref' as const), who, name: fc.nat(2) }),
  fc.record({ do: fc.constant('pin' as const), who, blob }),
  fc.record({ do: fc.constant('unpin' as const), who }),
  fc.record({ do: fc.constant('spoil' as const), blob }),
  fc.record({ do: fc.constant('verify' as const), who }),
  fc.record({ do: fc.constant('collect' as const), who, maxBytes: fc.nat(60) }),
  fc.record({ do: fc.constant('crash' as const), who }),
  fc.record({ do: fc.constant('close' as const), who }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What must be true: which blobs are there, which of them are bad, what names and pins say. */
class Model {
  readonly present = new Map<number, 'good' | 'bad'>();
  readonly refs = new Map<string, number>();
  readonly pins = new Map<string, number>();
}

class World {
  readonly stores = new TemporaryStores();
  readonly model = new Model();
  #pids = 10;
  readonly #actors: { pid: number; store: BlobStore }[] = [this.#spawn(), this.#spawn()];

  #spawn(): { pid: number; store: BlobStore } {
    const pid = (this.#pids += 1);
    return { pid, store: this.stores.open({ pid }) };
  }

  store(at: number): BlobStore {
    return this.#actors[at]!.store;
  }

  async replace(at: number, crash: boolean): Promise<void> {
    const { pid, store } = this.#actors[at]!;
    if (crash) this.stores.processes.dead.add(pid);
    else await store[Symbol.asyncDispose]();
    this.#actors[at] = this.#spawn();
  }

  /** A fault of the disk: another content, of the same length. */
  spoil(at: number): void {
    const path = join(this.stores.root, 'blobs', 'sha256', digest(at).slice(7));
    if (!this.model.present.has(at)) return;
    chmodSync(path, 0o600);
    writeFileSync(path, text(at).toUpperCase());
    utimesSync(path, 1, 1);
    this.model.present.set(at, 'bad');
  }
}

async function run(world: World, action: Step): Promise<void> {
  const { model } = world;
  switch (action.do) {
    case 'put':
      world.store(action.who).putSmall(bytesOf(text(action.blob)));
      model.present.set(action.blob, 'good');
      break;
    case 'ingest': {
      const ingest = await world.store(action.who).begin(digest(action.blob));
      const bytes = bytesOf(text(action.blob));
      if (action.end === 'commit') {
        await ingest.write(bytes.subarray(ingest.offset));
        await ingest.commit();
        model.present.set(action.blob, 'good');
      } else {
        await ingest.write(bytes.subarray(ingest.offset, ingest.offset + action.cut));
        await ingest.suspend();
      }
      break;
    }
    case 'ref':
      world.store(action.who).setRef(`n:${action.name}`, { mediaType: 'a/b', digest: digest(action.blob), size: 1 });
      model.refs.set(`n:${action.name}`, action.blob);
      break;
    case 'unref':
      expect(world.store(action.who).deleteRef(`n:${action.name}`)).toBe(model.refs.delete(`n:${action.name}`));
      break;
    case 'pin':
      world.store(action.who).pin('p', [digest(action.blob)]);
      model.pins.set('p', action.blob);
      break;
    case 'unpin':
      expect(world.store(action.who).unpin('p')).toBe(model.pins.delete('p'));
      break;
    case 'spoil':
      world.spoil(action.blob);
      break;
    case 'verify': {
      const { bad } = await world.store(action.who).verify({});
      const expected = [...model.present].filter(([, state]) => state === 'bad').map(([at]) => digest(at));
      expect(bad.map((b) => b.digest).sort()).toEqual(expected.sort());
      for (const [at, state] of model.present) if (state === 'bad') model.present.delete(at);
      break;
    }
    case 'collect': {
      const { bytes } = world.store(action.who).status();
      const result = await world.store(action.who).collect({ maxBytes: action.maxBytes });
      const rooted = new Set([...model.pins.values(), ...model.refs.values()]);
      for (const at of [...model.present.keys()]) {
        if (world.store(action.who).has(digest(at)) !== undefined) continue;
        expect(rooted.has(at)).toBe(false);
        model.present.delete(at);
      }
      expect(world.store(action.who).status().bytes).toBe(bytes - result.bytes);
      const free = [...model.present.keys()].filter((at) => !rooted.has(at));
      // By what is there: another process may not have written down yet what it removed.
      const held = [...model.present.keys()].reduce((sum, at) => sum + text(at).length, 0);
      if (held > action.maxBytes) expect(free).toEqual([]);
      break;
    }
    case 'crash':
      // The other one settles at its next opening at the latest; what is bad and not synced yet is found then.
      await world.replace(action.who, true);
      for (const [at, state] of model.present) {
        if (state === 'bad' && world.store(action.who).has(digest(at)) === undefined) model.present.delete(at);
      }
      break;
    case 'close':
      await world.replace(action.who, false);
  }
}

function check(world: World): void {
  const { model, stores } = world;
  for (const at of [0, 1]) {
    const store = world.store(at);
    expect(new Map([...store.refs()].map(([name, d]) => [name, d.digest]))).toEqual(
      new Map([...model.refs].map(([name, b]) => [name, digest(b)])),
    );
    expect(new Map([...store.pins()].map(([name, [d]]) => [name, d]))).toEqual(
      new Map([...model.pins].map(([name, b]) => [name, digest(b)])),
    );
  }
  expect(stores.blobs()).toEqual([...model.present.keys()].map((at) => digest(at).slice(7)).sort());
  for (const [at, state] of model.present) {
    const content = readFileSync(join(stores.root, 'blobs', 'sha256', digest(at).slice(7)));
    expect(sha256Digest(content) === digest(at)).toBe(state === 'good');
  }
  expect(() => stores.index()).not.toThrow();
}

describe('the store as a model', () => {
  it('does what it says under any sequence of what two processes do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const world = new World();
        try {
          for (const action of steps) {
            await run(world, action);
            check(world);
          }
          await world.replace(0, false);
          await world.replace(1, false);
          expect(world.stores.index()).toEqual(
            Object.fromEntries([...world.model.refs].map(([name, at]) => [name, digest(at)])),
          );
          const bytes = [...world.model.present.keys()].reduce((sum, at) => sum + text(at).length, 0);
          expect(world.store(0).status()).toMatchObject({ blobs: world.model.present.size, bytes });
        } finally {
          await world.stores[Symbol.asyncDispose]();
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
