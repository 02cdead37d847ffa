import { createHash, randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ResultOf } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPackage, buildPixiLock } from '../support/packages/index.ts';
import { type CondockHome, type CondockRun, createCondockHome } from './support/condock.ts';
import { type CountedRequest, type CountingProxy, startCountingProxy } from './support/counting-proxy.ts';
import { type DockerRegistry, dockerRegistryOrSay, startDockerRegistry } from './support/docker-registry.ts';
import { buildTorturePackages, expectWholeStore, killWorker, ROUNDS } from './support/torture.ts';

type Published = ResultOf<'publish/run'>;

const programs = dockerRegistryOrSay('kill -9 at random moments');
const CHANNEL = 'https://conda.anaconda.org/torture';

describe.skipIf(programs === undefined)(`kill -9, ${String(ROUNDS)} times each`, () => {
  let registry: DockerRegistry;
  let proxy: CountingProxy;
  let folder: string;
  let packages: BuiltPackage[];
  let lock: string;
  let total: number;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    proxy = await startCountingProxy(registry.host);
    folder = await mkdtemp(join(tmpdir(), 'condock-torture-'));
    packages = await buildTorturePackages(join(folder, 'packages'));
    total = packages.reduce((sum, { size }) => sum + size, 0);
    lock = join(folder, 'pixi.lock');
    await writeFile(lock, buildPixiLock(packages, { channelUrl: CHANNEL, platform: 'linux-64', version: 6 }));
    await using home = createCondockHome();
    await home.succeed(['publish', ...files(), '--to', `oci://${registry.host}/torture`, '--no-index']);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await registry.stop();
    await rm(folder, { recursive: true });
  });

  const files = (): string[] => packages.map(({ path }) => path);

  /** Runs a command and kills what does its work after so many bytes have passed, and a moment later. */
  const kill = async (
    home: CondockHome,
    args: readonly string[],
    daemon: boolean,
    bytes: number,
  ): Promise<CondockRun> => {
    const after = randomInt(0, 30);
    proxy.reset();
    const running = home.start([...args, '--json', ...(daemon ? [] : ['--no-daemon'])]);
    const killed = new Promise<void>((resolve, reject) => {
      proxy.after(bytes, () => {
        delay(after)
          .then(() => killWorker(home, running.pid, daemon))
          .then(resolve, reject);
      });
      // It may be over before so much has passed.
      void running.result.then(() => resolve());
    });
    await killed;
    const done = await running.result;
    await proxy.quiet();
    return done;
  };

  it(
    'in a prefetch leaves a store that verifies, and a rerun fetches only what was missing',
    { timeout: 1_200_000 },
    async () => {
      const resumed: CountedRequest[] = [];
      let hit = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const daemon = round % 3 !== 2;
        const bytes = randomInt(1, total);
        const told = `round ${String(round)}, ${daemon ? 'daemon' : 'no daemon'}, after ${String(bytes)} of ${String(total)} bytes`;
        await using home = createCondockHome();
        await home.configure(`[mirrors]\n"${CHANNEL}" = ["oci://${proxy.host}/torture"]\n`);
        if (daemon) await home.succeed(['daemon', 'start']);
        const killed = await kill(home, ['prefetch', lock], daemon, bytes);
        if (killed.code !== 0) hit += 1;
        if (daemon && killed.code !== 0) {
          expect(killed.json(), told).toMatchObject({ error: { code: 'daemon-unavailable' } });
          expect(killed.code, told).toBe(1);
        }

        const present = await expectWholeStore(home.store);
        const missing = packages.filter(({ sha256 }) => !present.has(`sha256:${sha256}`));
        proxy.reset();
        const report = (await home.succeed(['prefetch', lock, '--json'])).json();
        expect(report, told).toMatchObject({
          requested: packages.length,
          fetched: missing.length,
          cached: packages.length - missing.length,
          failed: [],
        });
        const asked = proxy.requests.filter(({ path }) => path.includes('/blobs/'));
        const digests = asked.map(({ path }) => path.split('/').at(-1)?.slice('sha256:'.length));
        const unasked = missing.filter(({ sha256 }) => !digests.includes(sha256));
        expect(digests, told).toHaveLength(missing.length - unasked.length);
        // All its bytes had come when the end came: then none is asked for again. Small ones are never kept in part.
        for (const { size } of unasked) expect(size, told).toBeGreaterThan(1024 * 1024);
        const brought = asked.reduce((sum, { received }) => sum + received, 0);
        expect(brought, told).toBeLessThanOrEqual(missing.reduce((sum, { size }) => sum + size, 0));
        resumed.push(...asked.filter(({ range, status }) => range !== undefined && status === 206));

        expect((await home.succeed(['cache', 'verify', '--json'])).json(), told).toMatchObject({ bad: [] });
        const now = await expectWholeStore(home.store);
        for (const { sha256 } of packages) expect(now.has(`sha256:${sha256}`), told).toBe(true);
        expect((await home.succeed(['cache', 'status', '--json'])).json(), told).toMatchObject({ partial: 0 });
      }
      expect(hit).toBeGreaterThan(0);
      console.log(
        `killed in ${String(hit)} of ${String(ROUNDS)} prefetches; ${String(resumed.length)} downloads were resumed`,
      );
    },
  );

  it(
    'in a publish leaves nothing that is wrong, and a rerun moves only what was missing',
    { timeout: 1_200_000 },
    async () => {
      await using reference = createCondockHome();
      const calm = ['publish', ...files(), '--to', `oci://${registry.host}/calm`, '--no-index', '--json'];
      const undisturbed = (await reference.succeed(calm)).json() as Published;
      const whole = undisturbed.flatMap(({ blobs }) => blobs).reduce((sum, { size }) => sum + size, 0);
      let hit = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const daemon = round % 3 !== 2;
        // The metadata is touched in few rounds: each waits until others could not have overwritten it.
        const index = round % 5 === 0;
        const bytes = randomInt(1, whole);
        const told = `round ${String(round)}, ${daemon ? 'daemon' : 'no daemon'}, after ${String(bytes)} of ${String(whole)} bytes`;
        const channel = `torn-${String(round)}`;
        await using home = createCondockHome();
        if (daemon) await home.succeed(['daemon', 'start']);
        const args = [
          'publish',
          ...files(),
          '--to',
          `oci://${proxy.host}/${channel}`,
          ...(index ? [] : ['--no-index']),
        ];
        if ((await kill(home, args, daemon, bytes)).code !== 0) hit += 1;

        const before = await expectSettled(() => expectWholeChannel(registry, channel, undisturbed, told));
        proxy.reset();
        const rows = (await home.succeed([...args, '--json'])).json() as Published;
        expect(
          rows.map(({ manifestDigest }) => manifestDigest),
          told,
        ).toEqual(undisturbed.map(({ manifestDigest }) => manifestDigest));
        for (const [at, row] of rows.entries()) {
          for (const { digest, moved } of row.blobs) {
            const was = before.blobs.has(`${String(at)} ${digest}`);
            expect(moved, `${told}: ${digest} of ${row.file}`).toBe(was ? 'present' : 'uploaded');
          }
        }
        const uploads = proxy.requests.filter(
          ({ method, path }) => method === 'PUT' && path.includes('/blobs/uploads/'),
        );
        const moved = rows.flatMap(({ blobs }) => blobs.filter((blob) => blob.moved === 'uploaded'));
        expect(uploads.filter(({ path }) => !path.includes('/repodata.json/')).length, told).toBe(moved.length);
        const after = await expectWholeChannel(registry, channel, undisturbed, told);
        expect(after.tags.size, told).toBe(packages.length);
        if (index) await expectListed(registry, channel, packages, told);
      }
      expect(hit).toBeGreaterThan(0);
      console.log(`killed in ${String(hit)} of ${String(ROUNDS)} publishes`);
    },
  );
});

/** What the registry had heard to its end it goes on to keep, also after its client has died: looked at until nothing more comes. */
async function expectSettled(look: () => ReturnType<typeof expectWholeChannel>): ReturnType<typeof expectWholeChannel> {
  for (let last = await look(); ;) {
    await delay(500);
    const now = await look();
    if (now.blobs.size === last.blobs.size && now.tags.size === last.tags.size) return now;
    last = now;
  }
}

/** What of a channel is in the registry, by the number of the package; fails where a tag leads to something wrong. */
async function expectWholeChannel(registry: DockerRegistry, channel: string, undisturbed: Published, told: string) {
  const blobs = new Set<string>();
  const tags = new Set<number>();
  const look = async (row: Published[number], at: number): Promise<void> => {
    const [repository = '', tag = ''] = row.reference!.replace(/^oci:\/\/[^/]*\/calm\//, `${channel}/`).split(':');
    const base = `${registry.url}/v2/${repository}`;
    const manifest = await fetch(`${base}/manifests/${tag}`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    const bytes = Buffer.from(await manifest.arrayBuffer());
    for (const { digest } of row.blobs) {
      const answer = await fetch(`${base}/blobs/${digest}`);
      const content = Buffer.from(await answer.arrayBuffer());
      if (answer.status !== 200) continue;
      blobs.add(`${String(at)} ${digest}`);
      expect(`sha256:${sha256(content)}`, `${told}: ${row.file}`).toBe(digest);
    }
    if (manifest.status === 404) return;
    tags.add(at);
    expect(`sha256:${sha256(bytes)}`, `${told}: ${row.file}`).toBe(row.manifestDigest);
    for (const { digest } of row.blobs) expect(blobs.has(`${String(at)} ${digest}`), `${told}: ${row.file}`).toBe(true);
  };
  await Promise.all(undisturbed.map(look));
  return { blobs, tags };
}

async function expectListed(
  registry: DockerRegistry,
  channel: string,
  packages: readonly BuiltPackage[],
  told: string,
) {
  const base = `${registry.url}/v2/${channel}/linux-64/repodata.json`;
  const answer = await fetch(`${base}/manifests/latest`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const { layers } = (await answer.json()) as { layers: { mediaType: string; digest: string }[] };
  const plain = layers.find(({ mediaType }) => mediaType.endsWith('+json'))!;
  const repodata = (await (await fetch(`${base}/blobs/${plain.digest}`)).json()) as Record<string, object>;
  const listed = [...Object.keys(repodata.packages ?? {}), ...Object.keys(repodata['packages.conda'] ?? {})];
  expect(listed.sort(), told).toEqual(packages.map(({ fileName }) => fileName).sort());
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
