import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from '../../packages/daemon/src/http/registry/index.ts';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { dockerRegistryMissing } from '../real/support/docker-registry.ts';
import { type BuiltPackage, buildPackage } from '../support/packages/index.ts';
import { type ChannelStage, startChannelStage } from './support/channel-stage.ts';
import { type ChannelTools, type ListedRepodata, namesOf, type PublishedRow } from './support/channel-tools.ts';
import { type CountingProxy, manifestsPutAmong, uploadsAmong } from './support/counting-proxy.ts';
import { readDocumentOf, tagsOf } from './support/read-registry.ts';
import { getManifest, putManifest } from './support/write-registry.ts';

const missing = dockerRegistryMissing();
if (missing !== undefined) console.log(`Skipped: editing channels in docker-registry. ${missing}.`);

// Every change waits until nobody can have overwritten it; side by side they wait together.
describe.skipIf(missing !== undefined).concurrent('channels in docker-registry', () => {
  let stage: ChannelStage;
  let registry: ChannelStage['registry'];
  let proxy: CountingProxy;
  let home: CondockHome;
  let tools: ChannelTools;
  let packages: BuiltPackage[];
  let files: string[];
  beforeAll(async () => {
    stage = await startChannelStage();
    ({ registry, proxy, home, tools, packages, files } = stage);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const channelOf = (name: string, host = proxy.host) => `oci://${host}/${name}`;
  const json = <T>(...args: string[]): Promise<T> => tools.json<T>(...args);
  const publish = (channel: string, layout: string, ...more: string[]) =>
    tools.publish(files, channel, layout, ...more);
  const repodata: ChannelTools['repodata'] = (...where) => tools.repodata(...where);

  it.each(['v0', 'v1'])('get the same again without a blob moved or a digest changed, layout %s', async (layout) => {
    const channel = channelOf(`again-${layout}`);
    const first = await publish(channel, layout);
    const before = await repodata(channel, layout);
    proxy.take(`again-${layout}`);
    const second = await publish(channel, layout);
    const requests = proxy.take(`again-${layout}`);
    expect(uploadsAmong(requests)).toEqual([]);
    expect(manifestsPutAmong(requests)).toEqual([]);
    expect(second.map((row) => row.manifestDigest)).toEqual(first.map((row) => row.manifestDigest));
    expect(second.flatMap((row) => row.blobs.map((b) => b.moved))).toEqual(
      second.flatMap((r) => r.blobs.map(() => 'present')),
    );
    expect(await repodata(channel, layout)).toEqual(before);
    // Another machine, another day, another channel: the manifests are the same.
    const other = createCondockHome();
    try {
      const elsewhere = await other.succeed([
        'publish',
        ...files,
        '--to',
        channelOf(`elsewhere-${layout}`),
        '--layout',
        layout,
        '--no-index',
        '--json',
      ]);
      expect((elsewhere.json() as PublishedRow[]).map((r) => r.manifestDigest)).toEqual(
        first.map((r) => r.manifestDigest),
      );
      expect(
        await tagsOf(channelOf(`elsewhere-${layout}`), `linux-64/${layout === 'v1' ? 'm' : ''}repodata.json`),
      ).toEqual([]);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  it('keep every older copy of their metadata, and in v1 run_exports and channeldata beside it', async () => {
    await publish(channelOf('whole'), 'v1');
    const { digest, json: exported } = await readDocumentOf<ListedRepodata>(
      channelOf('whole'),
      'linux-64/mrun_exports.json',
    );
    expect(digest).toMatch(/^sha256:/);
    expect(exported['packages.conda'][packages[0]!.fileName]).toEqual({ run_exports: { weak: ['app >=1!2.0'] } });
    const channeldata = await readDocumentOf<{ packages: Record<string, unknown> }>(
      channelOf('whole'),
      'channeldata.json',
    );
    expect(Object.keys(channeldata.json.packages)).toEqual(expect.arrayContaining(['app', 'lib', 'data', '_mutex']));
    const tags = await tagsOf(channelOf('whole'), 'linux-64/mrepodata.json');
    expect(tags).toContain('latest');
    expect(tags.filter((tag) => /^\d{8}T\d{6}Z$/.test(tag)).length).toBeGreaterThan(0);
  });

  it('say exactly what would move, and move nothing, in a dry run', async () => {
    const moves = (rows: readonly PublishedRow[]) =>
      rows.map((row) => row.blobs.map(({ digest, moved }) => ({ digest, moved })));
    const rows = await publish(channelOf('dry'), 'both', '--dry-run');
    expect(proxy.take('dry').filter((r) => r.method !== 'GET' && r.method !== 'HEAD')).toEqual([]);
    const real = await publish(channelOf('dry'), 'both');
    expect(real.map((r) => r.manifestDigest)).toEqual(rows.map((r) => r.manifestDigest));
    // The builds of lib share a repository, and so the configuration that is written by whoever comes first.
    const [planned, done] = [moves(rows), moves(real)].map((all) => all.map((blobs) => blobs.slice(0, 3)));
    expect(planned).toEqual(done);
    const again = await publish(channelOf('dry'), 'both', '--dry-run');
    expect(new Set(again.flatMap((r) => r.blobs.map((b) => b.moved)))).toEqual(new Set(['present']));
  });

  it('take blobs that another channel of the registry holds by mounting them', async () => {
    await publish(channelOf('known'), 'v0', '--no-index');
    const rows = await publish(channelOf('mounted'), 'v0', '--mount-from', channelOf('known'), '--no-index');
    expect(rows.flatMap((row) => row.blobs.map((b) => b.moved)).filter((moved) => moved === 'uploaded')).toEqual([]);
    expect(uploadsAmong(proxy.take('mounted'))).toEqual([]);
  });

  it('refuse other bytes under a name that is taken, unless they are forced', async () => {
    const channel = channelOf('forced');
    const spec = { name: 'twice', noarch: 'generic' } as const;
    const one = await buildPackage(spec, join(home.path, 'one'));
    const two = await buildPackage({ ...spec, summary: 'other bytes' }, join(home.path, 'two'));
    await home.succeed(['publish', one, '--to', channel]);
    const before = await repodata(channel, 'v0', 'noarch');
    const refused = await home.run(['publish', two, '--to', channel, '--json']);
    expect(refused.code).toBe(1);
    expect((refused.json() as PublishedRow[])[0]?.error?.code).toBe('already-exists');
    expect(await repodata(channel, 'v0', 'noarch')).toEqual(before);
    await home.succeed(['publish', two, '--to', channel, '--force']);
    const after = await repodata(channel, 'v0', 'noarch');
    expect(after.digest).not.toBe(before.digest);
  });

  it.each(['v0', 'v1'])('list one archive instead of the other where that is forced, layout %s', async (layout) => {
    const channel = channelOf(`formats-${layout}`);
    const spec = { name: 'formats', noarch: 'generic', runExports: { weak: ['formats'] } } as const;
    for (const format of ['tar.bz2', 'conda', 'tar.bz2'] as const) {
      const file = await buildPackage({ ...spec, format }, join(home.path, `formats-${layout}`));
      await tools.publish([file], channel, layout, '--force');
      const expected = [`formats-1.0-0.${format}`];
      expect(namesOf((await repodata(channel, layout, 'noarch')).json)).toEqual(expected);
      expect(await json('channel', 'diff', channel, '--layout', layout)).toEqual({ differences: [], warnings: [] });
      if (layout === 'v0') continue;
      const exported = await readDocumentOf<ListedRepodata>(channel, 'noarch/mrun_exports.json');
      expect(namesOf(exported.json)).toEqual(expected);
    }
  });

  it('keep both archives of a build where another tool put them under one tag', async () => {
    const channel = channelOf('both-formats');
    const spec = { name: 'both', noarch: 'generic' } as const;
    const conda = await buildPackage(spec, join(home.path, 'both'));
    const legacy = await buildPackage({ ...spec, format: 'tar.bz2' }, join(home.path, 'both'));
    await tools.publish([legacy], channel, 'v0', '--no-index');
    const one = await getManifest<{ layers: object[] }>(channel, 'noarch/both', '1.0-0');
    await tools.publish([conda], channel, 'v0', '--no-index', '--force');
    const other = await getManifest<{ layers: object[] }>(channel, 'noarch/both', '1.0-0');
    await putManifest(channel, 'noarch/both', '1.0-0', { ...other, layers: [...other.layers, one.layers[0]!] });
    await json('channel', 'index', channel);
    const both = ['both-1.0-0.tar.bz2', 'both-1.0-0.conda'];
    expect(namesOf((await repodata(channel, 'v0', 'noarch')).json)).toEqual(both);
    for (const file of [conda, legacy]) {
      const again = await home.run(['publish', file, '--to', channel, '--json']);
      expect((again.json() as PublishedRow[])[0]?.error?.code).toBe('already-exists');
    }
    await json('channel', 'copy', channel, '--to', channelOf('both-copied'));
    for (const where of [channel, channelOf('both-copied')]) {
      expect(namesOf((await repodata(where, 'v0', 'noarch')).json)).toEqual(both);
      expect(await json('channel', 'diff', where)).toEqual({ differences: [], warnings: [] });
    }
  });

  it('take one archive for a build: of two formats the .conda, of two files of one name the first, forced or not', async () => {
    const channel = channelOf('double');
    const spec = { name: 'double', noarch: 'generic' } as const;
    const legacy = await buildPackage({ ...spec, format: 'tar.bz2' }, join(home.path, 'double'));
    const conda = await buildPackage(spec, join(home.path, 'double'));
    const other = await buildPackage({ ...spec, summary: 'other bytes' }, join(home.path, 'double-other'));
    for (const more of [[], ['--force']]) {
      const done = await home.run(['publish', legacy, conda, other, '--to', channel, ...more, '--json']);
      expect(done.code).toBe(3);
      const rows = done.json() as PublishedRow[];
      expect(rows.map((row) => row.file)).toEqual([legacy, conda, other]);
      expect(rows.map((row) => row.error?.code)).toEqual(['conflict', undefined, 'conflict']);
      const { packages: bz2, 'packages.conda': listed } = (await repodata(channel, 'v0', 'noarch')).json;
      expect([Object.keys(bz2), Object.keys(listed)]).toEqual([[], ['double-1.0-0.conda']]);
      expect(await json('channel', 'diff', channel)).toMatchObject({ differences: [] });
    }
    const alone = await home.run(['publish', legacy, '--to', channel, '--json']);
    expect((alone.json() as PublishedRow[])[0]?.error).toMatchObject({
      code: 'already-exists',
      message: expect.stringContaining('already holds double-1.0-0.conda') as string,
    });
  });

  it('stay as they are listed where the registry lost what an index is made of, and say so', async () => {
    const channel = channelOf('lossy');
    // The registry keeps a blob once for all channels: this one is of a package that nobody else has.
    const own = await buildPackage({ name: 'lossy', subdir: 'linux-64' }, join(home.path, 'lossy'));
    const [row] = await tools.publish([own, files[0]!], channel, 'v0');
    const before = await repodata(channel, 'v0');
    const index = row!.blobs[2]!.digest.slice('sha256:'.length);
    await rm(join(registry.directory, 'docker/registry/v2/blobs/sha256', index.slice(0, 2), index), {
      recursive: true,
    });
    const rebuilt = await json<{ warnings: string[] }>('channel', 'index', channel);
    expect(rebuilt.warnings).toEqual([expect.stringContaining('linux-64/lossy:') as string]);
    expect(await repodata(channel, 'v0')).toEqual(before);
    expect(await json('channel', 'diff', channel)).toEqual({ differences: [], warnings: rebuilt.warnings });
  });

  it('are indexed by their info layers where early writers left the index layers out', async () => {
    const channel = channelOf('early');
    await publish(channel, 'v0');
    const before = await repodata(channel, 'v0');
    const manifest = await getManifest<{ layers: { mediaType: string }[] }>(channel, 'linux-64/lib', '1.1-old_0');
    const layers = manifest.layers.filter(({ mediaType }) => !mediaType.includes('info.index'));
    expect(layers).toHaveLength(2);
    await putManifest(channel, 'linux-64/lib', '1.1-old_0', { ...manifest, layers });
    await json('channel', 'index', channel);
    expect(await json('channel', 'diff', channel)).toEqual({ differences: [], warnings: [] });
    expect(await repodata(channel, 'v0')).toEqual(before);
  });

  it('keep labels apart below their own paths', async () => {
    await home.succeed(['publish', files[1]!, '--to', channelOf('labelled'), '--label', 'dev']);
    await home.succeed(['publish', files[2]!, '--to', channelOf('labelled'), '--label', 'main']);
    const dev = await repodata(channelOf('labelled/label/dev'), 'v0');
    expect(Object.keys(dev.json.packages)).toEqual([packages[1]!.fileName]);
    const main = await repodata(channelOf('labelled'), 'v0');
    expect(Object.keys({ ...main.json.packages, ...main.json['packages.conda'] })).toEqual([packages[2]!.fileName]);
    const url = (await home.succeed(['channel', 'url', channelOf('labelled/label/dev')])).stdout.trim();
    expect((await fetch(`${url}/linux-64/${packages[1]!.fileName}`, { method: 'HEAD' })).status).toBe(200);
  });

  it.each(['v0', 'v1'])(
    'are listed from tags and index layers alone as they were published, layout %s',
    async (layout) => {
      const channel = channelOf(`rebuilt-${layout}`);
      await publish(channel, layout);
      const published = await repodata(channel, layout);
      // The same packages, and no metadata: all that is known is what the registry holds.
      const bare = channelOf(`bare-${layout}`);
      await publish(bare, layout, '--no-index');
      expect(await json('channel', 'diff', bare, '--layout', layout)).toMatchObject({
        differences: expect.arrayContaining([
          {
            subdir: 'linux-64',
            fileName: packages[0]!.fileName,
            kind: 'not-listed',
            listed: null,
            stored: packages[0]!.sha256,
          },
        ]) as unknown,
      });
      await home.succeed(['channel', 'index', bare, '--layout', layout]);
      const rebuilt = await repodata(bare, layout);
      // A v1 manifest may not say an MD5, so nobody knows it any more.
      const expected = layout === 'v0' ? published.json : withoutMd5(published.json);
      expect({ ...rebuilt.json, removed: [] }).toEqual({ ...expected, removed: [] });
      expect(await json('channel', 'diff', bare, '--layout', layout)).toMatchObject({ differences: [] });
      // Once more changes nothing.
      expect(await json('channel', 'index', channel, '--layout', layout)).toMatchObject({
        subdirs: [
          { added: 0, removed: 0, digest: null },
          { added: 0, removed: 0, digest: null },
        ],
      });
      expect(await repodata(channel, layout)).toEqual(published);
    },
  );

  it('yank a build so that no solve finds it, though locks still do, and a rebuilt index leaves it out', async () => {
    const channel = channelOf('yanked');
    await publish(channel, 'v0');
    const name = packages[2]!.fileName;
    await home.succeed(['channel', 'remove', channel, `linux-64/${name}`, '--yank']);
    const after = await repodata(channel, 'v0');
    expect(after.json['packages.conda'][name]).toBeUndefined();
    expect(after.json.removed).toContain(name);
    const tags = await tagsOf(channel, 'linux-64/lib');
    expect(tags).toContain('1.1-old_0');
    await home.succeed(['channel', 'index', channel]);
    expect((await repodata(channel, 'v0')).json['packages.conda'][name]).toBeUndefined();
    // A build that is published again by the way stays yanked, and that is said; on purpose it comes back, for good.
    const again = await home.run(['publish', files[2]!, '--to', channel, '--json']);
    expect(again.code).toBe(1);
    expect((again.json() as PublishedRow[])[0]?.error?.code).toBe('already-exists');
    expect((await repodata(channel, 'v0')).json['packages.conda'][name]).toBeUndefined();
    await home.succeed(['publish', files[2]!, '--to', channel, '--force']);
    expect((await repodata(channel, 'v0')).json['packages.conda'][name]).toBeDefined();
    await home.succeed(['channel', 'index', channel]);
    expect((await repodata(channel, 'v0')).json['packages.conda'][name]).toBeDefined();
  });

  it('remove a build, out of the metadata first and then for good', async () => {
    const channel = channelOf('removed');
    const rows = await publish(channel, 'v1');
    const name = packages[0]!.fileName;
    const dry = await json('channel', 'remove', channel, `linux-64/${name}`, '--layout', 'v1', '--dry-run');
    expect(dry).toEqual([{ package: `linux-64/${name}`, done: true }]);
    expect((await repodata(channel, 'v1')).json['packages.conda'][name]).toBeDefined();
    await home.succeed(['channel', 'remove', channel, `linux-64/${name}`, '--layout', 'v1']);
    expect((await repodata(channel, 'v1')).json['packages.conda'][name]).toBeUndefined();
    const exported = await readDocumentOf<ListedRepodata>(channel, 'linux-64/mrun_exports.json');
    expect(exported.json['packages.conda'][name]).toBeUndefined();
    const described = async () => {
      const { packages: all } = (await readDocumentOf<{ packages: object }>(channel, 'channeldata.json')).json;
      return Object.keys(all).filter((one) => !one.startsWith('long-'));
    };
    expect(await described()).toEqual(['_mutex', 'data', 'lib']);
    expect(await tagsOf(channel, 'linux-64/capp')).toEqual([]);
    expect(await json('channel', 'diff', channel, '--layout', 'v1')).toMatchObject({ differences: [] });
    // What went by the means of the registry is forgotten by an index that is rebuilt.
    const data = rows.find(({ reference }) => reference?.includes('/cdata:'));
    const repository = data!.reference!.replace(/^oci:\/\/([^/]+)\/(.*):[^:]*$/, 'http://$1/v2/$2');
    await fetch(`${repository}/manifests/${data!.manifestDigest!}`, { method: 'DELETE' });
    await json('channel', 'index', channel, '--layout', 'v1');
    expect(await described()).toEqual(['_mutex', 'lib']);
  });

  it.each(['fallback-tag', 'referrers-api'])(
    'hold attestations and SBOMs beside their packages, by the %s',
    async (via) => {
      const embedded = via === 'referrers-api' ? await startRegistry({ directory: join(home.path, via) }) : undefined;
      try {
        const channel = channelOf('attested', embedded === undefined ? proxy.host : new URL(embedded.url).host);
        const [row] = await json<PublishedRow[]>('publish', files[0]!, '--to', channel);
        for (const [name, type] of [
          ['a.spdx.json', 'application/spdx+json'],
          ['a.sigstore.json', 'application/vnd.dev.sigstore.bundle.v0.3+json'],
        ] as const) {
          const file = join(home.path, name);
          await writeFile(file, `{"is":"${name}"}`);
          const done = await json(
            'channel',
            'attach',
            row!.reference!,
            file,
            '--media-type',
            type,
            '--annotation',
            `name=${name}`,
          );
          expect(done).toMatchObject({ subject: row!.manifestDigest, via });
          // Twice is once.
          expect(
            await json(
              'channel',
              'attach',
              row!.reference!,
              file,
              '--media-type',
              type,
              '--annotation',
              `name=${name}`,
            ),
          ).toEqual(done);
        }
        const all = await json<{ referrers: { artifactType: string }[] }>('channel', 'referrers', row!.reference!);
        expect(all.referrers.map((r) => r.artifactType).sort()).toEqual([
          'application/spdx+json',
          'application/vnd.dev.sigstore.bundle.v0.3+json',
        ]);
        const some = await json('channel', 'referrers', row!.reference!, '--artifact-type', 'application/spdx+json');
        expect(some).toMatchObject({
          referrers: [{ artifactType: 'application/spdx+json', annotations: { name: 'a.spdx.json' } }],
        });
        // A referrers tag is no package: an index that is rebuilt stays as it is.
        expect(await json('channel', 'diff', channel)).toMatchObject({ differences: [], warnings: [] });
      } finally {
        await embedded?.stop();
      }
    },
  );

  it('keep every attachment of several that come at once, where no registry keeps the list', async () => {
    const [row] = await tools.publish([files[3]!], channelOf('crowded'), 'v0');
    const names = Array.from({ length: 6 }, (_, n) => `part-${String(n)}.json`);
    const attach = async (name: string): Promise<string> => {
      const file = join(home.path, name);
      await writeFile(file, name);
      const args = ['channel', 'attach', row!.reference!, file, '--media-type', 'application/json'];
      return (await json<{ digest: string }>(...args)).digest;
    };
    const attached = await Promise.all(names.map(attach));
    const { referrers } = await json<{ referrers: { digest: string }[] }>('channel', 'referrers', row!.reference!);
    expect(referrers.map((r) => r.digest).sort()).toEqual(attached.sort());
  });
});

function withoutMd5(repodata: ListedRepodata): ListedRepodata {
  const strip = (records: Record<string, Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(records).map(([name, record]) => [
        name,
        Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'md5' && key !== 'legacy_bz2_md5')),
      ]),
    );
  return { ...repodata, packages: strip(repodata.packages), 'packages.conda': strip(repodata['packages.conda']) };
}
