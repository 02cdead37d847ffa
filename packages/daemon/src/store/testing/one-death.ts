import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sha256Digest } from '../../oci/digest.ts';
import { assertAlive, type Death, type Ended, liveUntil } from '../../system/testing/mortal-files.ts';
import type { BlobStore } from '../blob-store.ts';
import { openStore } from '../open-store.ts';
import { TemporaryStores } from './temporary-store.ts';
import { before, BLOBS, LONG_AGO, type Step, wholeWork, type World } from './whole-work.ts';

const EIGHT_DAYS = 8 * 24 * 60 * 60_000;
/** Nothing here is about the disk, and there are hundreds of rounds: in memory where there is a folder for it. */
const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface LifeOptions {
  /** Another process has the store open all the while, and looks first. */
  beside?: boolean;
  /** The life does this and nothing else: what comes before it was done, and settled, by a process that ended in order. Default: all. */
  only?: string;
}

/** One life of a process on a store, its death, and what others find then. */
class Round implements AsyncDisposable {
  readonly #stores = new TemporaryStores(PARENT);
  readonly #steps = wholeWork(this.#stores.directory);
  /** After the last step that was done, and after the one in which it died. */
  #worlds: [World, World] = [before.world(), before.world()];
  #step: Step | undefined;

  async play(death: Death, { beside = false, only }: LifeOptions): Promise<{ died: boolean; fault?: string }> {
    const living = beside ? this.#stores.open({ pid: 2 }) : undefined;
    await this.#prepare(only);
    const steps = only === undefined ? this.#steps : this.#steps.filter(({ name }) => name === only);
    const ended = await this.#live(death, steps);
    try {
      if (existsSync(join(this.#stores.root, 'oci-layout'))) this.#checkLayout();
      if (living !== undefined) await this.#check(living);
      const next = this.#stores.open({ pid: 3 });
      await this.#check(next);
      for (const store of [next, living]) await store?.[Symbol.asyncDispose]();
      await this.#again();
      return { died: ended.died };
    } catch (error) {
      const where = `at its change ${String(death.before)}, in "${this.#step?.name ?? 'all, once more'}", instead of ${ended.at}`;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { died: ended.died, fault: `${where.replaceAll(this.#stores.directory, '')}:\n${text}` };
    }
  }

  async #prepare(only: string | undefined): Promise<void> {
    await before.longAgo(this.#stores.open({ pid: 80, clock: () => Date.now() - LONG_AGO }));
    await before.abandoned(this.#stores.open({ pid: 81 }));
    this.#stores.processes.dead.add(81);
    if (only !== undefined) {
      const orderly = this.#stores.open({ pid: 70 });
      await this.#work(
        orderly,
        this.#steps.slice(
          0,
          this.#steps.findIndex(({ name }) => name === only),
        ),
      );
      // Counts again what the abandoned one left uncertain: from here on the counts are relied on.
      orderly.status();
      await orderly[Symbol.asyncDispose]();
    }
  }

  async #live(death: Death, steps: readonly Step[]): Promise<Ended> {
    const { root, processes } = this.#stores;
    const ended = await liveUntil(death, () => this.#work(openStore({ root, processes: processes.as(1) }), steps));
    processes.dead.add(1);
    return ended;
  }

  async #work(store: BlobStore, steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const [, now] = this.#worlds;
      const next = structuredClone(now);
      step.then(next);
      this.#step = step;
      this.#worlds = [now, next];
      await step.run(store);
      assertAlive();
    }
    this.#worlds = [this.#worlds[1], this.#worlds[1]];
    this.#step = undefined;
  }

  /** As who looks without asking us. */
  #checkLayout(): void {
    this.#stores.index();
    for (const hex of this.#stores.blobs()) {
      const digest = sha256Digest(readFileSync(join(this.#stores.root, 'blobs', 'sha256', hex)));
      if (`sha256:${hex}` !== this.#step?.spoils) expect(digest).toBe(`sha256:${hex}`);
    }
  }

  /** Nothing has to wait, and nothing that was reported is lost. */
  async #check(store: BlobStore): Promise<void> {
    const [was, now] = this.#worlds;
    for (const { digest, bytes } of Object.values(BLOBS)) {
      const ingest = await store.begin(digest, bytes.length);
      if (store.has(digest) === undefined)
        expect(ingest.offset, digest).toBeGreaterThanOrEqual(was.partial.get(digest) ?? 0);
      await ingest.suspend();
    }
    for (const digest of was.blobs)
      if (now.blobs.has(digest) && digest !== this.#step?.spoils) expect(store.has(digest), digest).toBeDefined();
    const refs = new Map([...store.refs()].map(([name, { digest }]) => [name, digest]));
    const pins = new Map(
      [...store.pins()].flatMap(([name, [digest]]) => (digest === undefined ? [] : [[name, digest]])),
    );
    for (const [is, had, has] of [
      [refs, was.refs, now.refs],
      [pins, was.pins, now.pins],
    ] as const) {
      for (const name of new Set([...is.keys(), ...had.keys(), ...has.keys()]))
        expect([had.get(name), has.get(name)], name).toContain(is.get(name));
    }
    this.#checkCounts(store);
  }

  #checkCounts(store: BlobStore): void {
    const status = store.status();
    const sizes = this.#stores.blobs().map((hex) => statSync(store.pathOf(`sha256:${hex}`)).size);
    expect(status).toMatchObject({ blobs: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) });
  }

  /** All of it once more, to its end; then nothing is there but what belongs there. */
  async #again(): Promise<void> {
    this.#worlds = [before.world(), before.world()];
    await this.#work(this.#stores.open({ pid: 4 }), this.#steps);
    const [world] = this.#worlds;
    const blobs = [...world.blobs].map((digest) => digest.slice(7)).sort();
    const refs = [...world.refs.keys()].sort();
    expect(this.#stores.blobs()).toEqual(blobs);

    const { root, directory } = this.#stores;
    const later = this.#stores.open({ pid: 5, clock: () => Date.now() + EIGHT_DAYS });
    expect([...later.refs()].map(([name]) => name).sort()).toEqual(refs);
    const out = join(directory, 'out');
    await later.exportTo(out, {});
    expect(readdirSync(join(out, 'blobs', 'sha256')).sort()).toEqual(blobs);
    expect(readdirSync(out).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    await later.collect({});
    this.#checkCounts(later);
    await later[Symbol.asyncDispose]();
    expect(Object.keys(this.#stores.index()).sort()).toEqual(refs);
    for (const folder of ['owners', 'ingest', 'bad']) expect(readdirSync(join(root, folder)), folder).toEqual([]);
    const own = ['bad', 'blobs', 'index.json', 'ingest', 'oci-layout', 'owners', 'records'];
    expect(readdirSync(root).sort()).toEqual(own);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stores[Symbol.asyncDispose]();
  }
}

/** What is wrong after a life that ended before its first change, its second, and so on until it came to its own end. */
export async function faultsOfAllDeaths(options: LifeOptions & { torn?: boolean } = {}): Promise<string[]> {
  const faults: string[] = [];
  const { torn = false, ...life } = options;
  for (let change = 1; faults.length < 3; change += 1) {
    await using round = new Round();
    const { died, fault } = await round.play({ before: change, torn }, life);
    if (fault !== undefined) faults.push(fault);
    if (!died) return change > 1 ? faults : ['nothing was changed at all'];
  }
  return faults;
}
