import { createHash } from 'node:crypto';
import type * as NodeFs from 'node:fs';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { ask, type AskOptions, type Asked } from '../../../../../test/support/misbehaving-registry/ask.ts';
import { assertAlive, type Death, liveUntil } from '../../system/testing/mortal-files.ts';
import { type RunningRegistry, startRegistry } from './index.ts';

vi.mock('node:fs', async (original) =>
  (await import('../../system/testing/mortal-files.ts')).mortalFs(await original<typeof NodeFs>()),
);
vi.mock('node:fs/promises', async () =>
  (await import('../../system/testing/mortal-files.ts')).mortalPromises(
    await vi.importActual<typeof NodeFs>('node:fs'),
  ),
);

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: '', size: 2 };
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const blob = Buffer.alloc(300_000, 'blob ');
const config = Buffer.from('{}');
EMPTY.digest = sha256(config);
const manifest = (name: string, more: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: EMPTY,
      layers: [{ mediaType: 'x/y', digest: sha256(blob), size: blob.length }],
      annotations: { name },
      ...more,
    }),
  );
const first = manifest('first');
const second = manifest('second');
const attached = manifest('attached', { subject: { mediaType: MANIFEST, digest: sha256(first), size: first.length } });

/** What a registry answers that was told of all this: by path, the bytes, or nothing. */
type World = Map<string, Buffer | undefined>;
const NOTHING: World = new Map();

interface Step {
  path: string | ((place: string) => string);
  options: AskOptions;
  then: (world: World) => void;
}

const at = (name: string, bytes: Buffer): string => `${name}/blobs/${sha256(bytes)}`;
const put = (tag: string, bytes: Buffer): Step => ({
  path: `a/manifests/${tag}`,
  options: { method: 'PUT', body: bytes, headers: { 'content-type': MANIFEST } },
  then: (world) => world.set(`a/manifests/${tag}`, bytes).set(`a/manifests/${sha256(bytes)}`, bytes),
});
const remove = (path: string, ...gone: string[]): Step => ({
  path,
  options: { method: 'DELETE' },
  then: (world) => [path, ...gone].forEach((one) => world.set(one, undefined)),
});
const STEPS: Step[] = [
  { path: 'a/blobs/uploads/', options: { method: 'POST' }, then: () => undefined },
  {
    path: (place) => place,
    options: { method: 'PATCH', body: blob.subarray(0, 100_000), headers: { 'content-range': '0-99999' } },
    then: () => undefined,
  },
  {
    path: (place) => `${place}?digest=${sha256(blob)}`,
    options: { method: 'PUT', body: blob.subarray(100_000) },
    then: (world) => world.set(at('a', blob), blob),
  },
  {
    path: `a/blobs/uploads/?digest=${EMPTY.digest}`,
    options: { method: 'POST', body: config },
    then: (world) => world.set(at('a', config), config),
  },
  put('t', first),
  put('u', attached),
  {
    path: `b/blobs/uploads/?mount=${sha256(blob)}&from=a`,
    options: { method: 'POST' },
    then: (world) => world.set(at('b', blob), blob),
  },
  put('t', second),
  remove('a/manifests/u'),
  remove(`a/manifests/${sha256(second)}`, 'a/manifests/t'),
  remove(at('b', blob)),
];

/** A registry that dies at a change, and what it then serves after a start. */
class Round implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'condock-registry-'));
  #registry: RunningRegistry | undefined;
  #worlds: [World, World] = [NOTHING, NOTHING];
  #place = '';
  #step = -1;

  async #start(): Promise<void> {
    this.#registry = await startRegistry({ directory: this.#directory });
  }

  #ask(path: string, options: AskOptions = {}): Promise<Asked> {
    return ask(`${this.#registry?.url ?? ''}/v2/${path}`, options);
  }

  async #work(): Promise<void> {
    await this.#start();
    for (const [number, { path, options, then }] of STEPS.entries()) {
      const next: World = new Map(this.#worlds[1]);
      then(next);
      this.#step = number;
      this.#worlds = [this.#worlds[1], next];
      const { status, headers, body } = await this.#ask(typeof path === 'string' ? path : path(this.#place), options);
      assertAlive();
      expect([201, 202], `${String(number)}: ${body.toString()}`).toContain(status);
      if (number === 0) this.#place = String(headers.location).replace('/v2/', '');
    }
    this.#step = STEPS.length;
    this.#worlds = [this.#worlds[1], this.#worlds[1]];
  }

  async play(death: Death): Promise<boolean> {
    const { died } = await liveUntil(death, () => this.#work());
    await this.#registry?.stop();
    await this.#start();
    const [was, now] = this.#worlds;
    for (const path of new Set([...was.keys(), ...now.keys()])) await this.#check(path, [was.get(path), now.get(path)]);
    const tags = JSON.parse((await this.#ask('a/tags/list')).body.toString()) as { tags?: string[] };
    for (const tag of tags.tags ?? []) await this.#check(`a/manifests/${tag}`, [first, second, attached]);
    const { body } = await this.#ask(`a/referrers/${sha256(first)}`);
    for (const { digest } of (JSON.parse(body.toString()) as { manifests: { digest: string }[] }).manifests)
      await this.#check(`a/manifests/${digest}`, [attached]);
    expect(readdirSync(join(this.#directory, 'tmp'))).toEqual([]);
    await this.#takeManifest();
    await this.#goOn();

    await this.#registry?.stop();
    this.#worlds = [NOTHING, NOTHING];
    await this.#work();
    return died;
  }

  async #check(path: string, allowed: (Buffer | undefined)[]): Promise<void> {
    const { status, body } = await this.#ask(path);
    const found = status === 200 ? body : undefined;
    expect([200, 404]).toContain(status);
    expect(allowed.some((one) => (one === undefined ? found === undefined : found?.equals(one) === true))).toBe(true);
  }

  /** It is taken only where all is there that it names. */
  async #takeManifest(): Promise<void> {
    const { path, options } = put('v', manifest('after the start'));
    const { status } = await this.#ask(String(path), options);
    const parts = await Promise.all([blob, config].map((one) => this.#ask(at('a', one))));
    expect(status).toBe(parts.every((part) => part.status === 200) ? 201 : 400);
  }

  /** What was acknowledged of an upload need not be sent again. */
  async #goOn(): Promise<void> {
    if (this.#step < 1 || this.#step > 2) return;
    const session = await this.#ask(this.#place);
    if (this.#step === 2 && session.status === 404) return;
    expect(session.status).toBe(204);
    const offset = Number(/\d+$/.exec(String(session.headers.range))?.[0]) + 1;
    if (this.#step === 2) expect(offset).toBeGreaterThanOrEqual(100_000);
    const path = `${this.#place}?digest=${sha256(blob)}`;
    const rest = offset === 1 ? blob : blob.subarray(offset);
    expect((await this.#ask(path, { method: 'PUT', body: rest })).status).toBe(201);
    await this.#check(at('a', blob), [blob]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry?.stop();
    rmSync(this.#directory, { recursive: true });
  }
}

it.each([false, true])(
  'whatever change a registry is killed at, it serves what it acknowledged after a start, and nothing half (in a write: %s)',
  async (torn) => {
    let change = 0;
    for (let died = true; died;) {
      change += 1;
      await using round = new Round();
      died = await round.play({ before: change, torn }).catch((error: unknown) => {
        throw new Error(`at change ${String(change)}`, { cause: error });
      });
    }
    expect(change).toBeGreaterThan(10);
  },
);
