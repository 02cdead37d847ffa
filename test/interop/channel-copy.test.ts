import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from '../../packages/daemon/src/http/registry/index.ts';
import type { CondockHome } from '../real/support/condock.ts';
import { dockerRegistryMissing } from '../real/support/docker-registry.ts';
import { type BuiltPackage, buildPackages, type PackageSpec } from '../support/packages/index.ts';
import { type ChannelStage, startChannelStage } from './support/channel-stage.ts';
import { type ChannelTools, type CopyResult } from './support/channel-tools.ts';
import { type CountingProxy, uploadsAmong } from './support/counting-proxy.ts';
import { readDocumentOf, tagsOf } from './support/read-registry.ts';
import { getManifest, putBlob, putDocument, putManifest } from './support/write-registry.ts';

const missing = dockerRegistryMissing();
if (missing !== undefined) console.log(`Skipped: copying channels of docker-registry. ${missing}.`);

interface Manifest {
  layers: { mediaType: string; digest: string; size: number }[];
}

describe.skipIf(missing !== undefined).concurrent('channels that are copied', () => {
  let stage: ChannelStage;
  let proxy: CountingProxy;
  let home: CondockHome;
  let tools: ChannelTools;
  let packages: BuiltPackage[];
  let files: string[];
  beforeAll(async () => {
    stage = await startChannelStage();
    ({ proxy, home, tools, packages, files } = stage);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const channelOf = (name: string, host = proxy.host) => `oci://${host}/${name}`;
  const copy = (from: string, to: string, ...more: string[]) =>
    tools.json<CopyResult>('channel', 'copy', from, '--to', to, ...more);
  const TO_V1 = ['--from-layout', 'v0', '--layout', 'v1'];
  const codesOf = ({ failed }: CopyResult) => Object.fromEntries(failed.map((f) => [f.package, f.error.code]));
  const build = async (name: string, more: Partial<PackageSpec> = {}): Promise<BuiltPackage> => {
    const folder = join(home.path, `build-${name}`, more.summary ?? more.format ?? 'plain');
    return (await buildPackages([{ name, subdir: 'linux-64', depends: [], ...more }], folder))[0]!;
  };

  it('become v1 whole without a blob moved, with all that v1 says beside the repodata', async () => {
    const [from, to] = [channelOf('old'), channelOf('new')];
    await tools.publish(files, from, 'v0');
    const foretold = await copy(from, to, ...TO_V1, '--dry-run');
    expect(proxy.take('new').filter((r) => r.method !== 'GET' && r.method !== 'HEAD')).toEqual([]);
    const result = await copy(from, to, ...TO_V1);
    expect(result).toMatchObject({ copied: packages.length, failed: [], bytes: 0 });
    expect(foretold).toMatchObject({ copied: packages.length, failed: [], bytes: 0, blobs: { uploaded: 0 } });
    // What is uploaded is the metadata that is written anew, never a package's blob.
    const uploads = uploadsAmong(proxy.take('new'));
    expect(uploads.filter((r) => !/\/(m[a-z_]+|channeldata)\.json\/blobs\//.test(r.path))).toEqual([]);
    const published = channelOf('new-published');
    await tools.publish(files, published, 'v1');
    for (const document of [
      'linux-64/mrepodata.json',
      'noarch/mrepodata.json',
      'linux-64/mrun_exports.json',
      'channeldata.json',
    ])
      expect((await readDocumentOf(to, document)).json, document).toEqual(
        (await readDocumentOf(published, document)).json,
      );
    // The manifests too are what publishing would have made.
    const again = await tools.publish(files, to, 'v1');
    expect(again.flatMap((r) => r.blobs.map((b) => b.moved)).filter((moved) => moved !== 'present')).toEqual([]);
  });

  it('become v0 again as they were, manifest by manifest', async () => {
    const [v0, v1, back] = [channelOf('there'), channelOf('there-v1'), channelOf('back')];
    const rows = await tools.publish(files, v0, 'v0');
    await copy(v0, v1, ...TO_V1);
    expect(await copy(v1, back, '--from-layout', 'v1', '--layout', 'v0')).toMatchObject({ failed: [], bytes: 0 });
    for (const subdir of ['linux-64', 'noarch'])
      expect(await tools.repodata(back, 'v0', subdir)).toEqual(await tools.repodata(v0, 'v0', subdir));
    const again = await tools.publish(files, back, 'v0');
    expect(again.map((r) => r.manifestDigest)).toEqual(rows.map((r) => r.manifestDigest));
    expect(again.flatMap((r) => r.blobs.map((b) => b.moved)).filter((moved) => moved !== 'present')).toEqual([]);
  });

  it('go to another registry byte for byte, with what is attached to their packages and to that', async () => {
    const staging = channelOf('staging');
    const rows = await tools.publish(files, staging, 'v0');
    const [sbom, signature] = [join(home.path, 'app.spdx.json'), join(home.path, 'sbom.sig')];
    await writeFile(sbom, '{"spdxVersion":"SPDX-2.3"}\n');
    await writeFile(signature, 'signed\n');
    const attach = (reference: string, file: string, type: string) =>
      tools.json<{ digest: string }>('channel', 'attach', reference, file, '--media-type', type);
    const attached = await attach(rows[0]!.reference!, sbom, 'application/spdx+json');
    const ofSbom = (channel: string) =>
      `${rows[0]!.reference!.replace(staging, channel).replace(/:[^:/]*$/, '')}@${attached.digest}`;
    await attach(ofSbom(staging), signature, 'application/x-signature');
    const production = await startRegistry({ directory: join(home.path, 'production') });
    try {
      const to = channelOf('promoted', new URL(production.url).host);
      expect(await copy(staging, to)).toMatchObject({ copied: packages.length, failed: [] });
      expect((await tools.repodata(to, 'v0')).json).toEqual((await tools.repodata(staging, 'v0')).json);
      const there = rows[0]!.reference!.replace(staging, to);
      expect(await tools.json('channel', 'referrers', there)).toMatchObject({
        subject: rows[0]!.manifestDigest,
        referrers: [{ digest: attached.digest, artifactType: 'application/spdx+json' }],
      });
      expect(await tools.json('channel', 'referrers', ofSbom(to))).toMatchObject({
        referrers: [{ artifactType: 'application/x-signature' }],
      });
      expect(await copy(staging, to)).toMatchObject({ copied: 0, present: packages.length, bytes: 0 });
    } finally {
      await production.stop();
    }
  });

  it('copy those of their packages that are named, and those of one subdir', async () => {
    const [from, some, noarch] = [channelOf('chosen'), channelOf('some'), channelOf('noarch-only')];
    await tools.publish(files, from, 'v0');
    const wanted = [packages[0]!, packages[4]!].map((p) => `${p.subdir}/${p.fileName}`);
    const result = await tools.json<CopyResult>('channel', 'copy', from, ...wanted, '--to', some);
    expect(result).toMatchObject({ copied: 2, failed: [] });
    expect(Object.keys((await tools.repodata(some, 'v0')).json['packages.conda'])).toEqual([packages[0]!.fileName]);
    await copy(from, noarch, '--subdir', 'noarch');
    expect(await tagsOf(noarch, 'linux-64/repodata.json')).toEqual([]);
    const unknown = await home.run(['channel', 'copy', from, 'noarch/never-1-0.conda', '--to', some, '--json']);
    expect(unknown).toMatchObject({ code: 1, stdout: expect.stringContaining('"not-found"') as string });
    const misspelt = await home.run(['channel', 'copy', from, 'never-1-0.conda', '--to', some, '--json']);
    expect(misspelt).toMatchObject({ code: 2, stdout: expect.stringContaining('is not SUBDIR/FILENAME') as string });
  });

  it('say that there is nothing where there is no channel', async () => {
    for (const args of [
      ['copy', channelOf('void'), '--to', channelOf('never')],
      ['index', channelOf('void')],
      ['diff', channelOf('void')],
    ]) {
      const done = await home.run(['channel', ...args, '--json']);
      expect(done, args[0]).toMatchObject({ code: 1, stdout: expect.stringContaining('"absent"') as string });
    }
  });

  it('copy the rest where one package is not what the repodata says, and say why that one stayed', async () => {
    const [from, to] = [channelOf('torn'), channelOf('torn-copy')];
    const sound = await build('sound');
    const replaced = await build('replaced');
    const gone = await build('gone');
    await tools.publish(
      [sound, replaced, gone].map((p) => p.path),
      from,
      'v0',
    );
    const before = await tools.repodata(from, 'v0');
    const other = await build('replaced', { summary: 'other bytes' });
    await home.succeed(['publish', other.path, '--to', from, '--force', '--no-index']);
    await home.succeed(['channel', 'remove', from, `linux-64/${gone.fileName}`]);
    await putDocument(from, 'linux-64/repodata.json', 'repodata', before.json);
    const result = await copy(from, to);
    expect(result.copied).toBe(1);
    expect(codesOf(result)).toEqual({
      [`linux-64/${replaced.fileName}`]: 'digest-mismatch',
      [`linux-64/${gone.fileName}`]: 'absent',
    });
    expect(Object.keys((await tools.repodata(to, 'v0')).json['packages.conda'])).toEqual([sound.fileName]);
    expect(await tools.json('channel', 'diff', to)).toMatchObject({ differences: [] });
  });

  it('keep both formats of a build where one manifest holds them, and the .conda alone where each would need its own', async () => {
    const [from, same, v1] = [channelOf('both'), channelOf('both-same'), channelOf('both-v1')];
    const conda = await build('double');
    const legacy = await build('double', { format: 'tar.bz2' });
    await tools.publish([conda.path], from, 'v0', '--no-index');
    const manifest = await getManifest<Manifest>(from, 'linux-64/double', '1.0-0');
    const bz2 = await putBlob(from, 'linux-64/double', 'application/vnd.conda.package.v1', await readFile(legacy.path));
    await putManifest(from, 'linux-64/double', '1.0-0', { ...manifest, layers: [bz2, ...manifest.layers] });
    await home.succeed(['channel', 'index', from]);
    expect(await copy(from, same)).toMatchObject({ copied: 1, present: 1, failed: [] });
    expect((await tools.repodata(same, 'v0')).json).toEqual((await tools.repodata(from, 'v0')).json);
    const result = await copy(from, v1, ...TO_V1, '--force');
    expect(codesOf(result)).toEqual({ [`linux-64/${legacy.fileName}`]: 'conflict' });
    const listed = (await tools.repodata(v1, 'v1')).json;
    expect([Object.keys(listed.packages), Object.keys(listed['packages.conda'])]).toEqual([[], [conda.fileName]]);
    expect(await tools.json('channel', 'diff', v1, '--layout', 'v1')).toMatchObject({ differences: [] });
    // One of two that share a manifest can't go alone; it is out of the repodata, and that is said.
    const half = await tools
      .json<{ error?: { code: string } }[]>('channel', 'remove', same, `linux-64/${conda.fileName}`)
      .catch((error: unknown) => String(error));
    expect(half).toContain('"conflict"');
    await home.succeed(['channel', 'remove', same, ...[conda, legacy].map((p) => `linux-64/${p.fileName}`)]);
    expect(await tagsOf(same, 'linux-64/double')).toEqual([]);
  });

  it('put no package in the place of another that shares its reference, forced or not', async () => {
    const make = await build('make');
    const cmake = await build('cmake');
    const [v1, shared] = [channelOf('makes'), channelOf('shared')];
    await tools.publish([make.path], v1, 'v1');
    await tools.publish([cmake.path], shared, 'v0');
    const before = await getManifest(shared, 'linux-64/cmake', '1.0-0');
    for (const more of [[], ['--force']]) {
      const done = await home.run(['channel', 'copy', v1, '--to', shared, '--from-layout', 'v1', ...more, '--json']);
      expect(codesOf(done.json() as CopyResult)).toEqual({ [`linux-64/${make.fileName}`]: 'conflict' });
      const published = await home.run(['publish', make.path, '--to', shared, '--layout', 'v1', ...more, '--json']);
      expect(published).toMatchObject({ code: 1, stdout: expect.stringContaining('"conflict"') as string });
    }
    expect(await getManifest(shared, 'linux-64/cmake', '1.0-0')).toEqual(before);
  });

  it('take the hotfixes of their packages along, so that an index rebuilt at the target says the same', async () => {
    const [from, to] = [channelOf('fixed'), channelOf('fixed-copy')];
    const [fixed, revoked, yanked] = [await build('fixed'), await build('revoked'), await build('withdrawn')];
    await tools.publish(
      [fixed, revoked, yanked].map((p) => p.path),
      from,
      'v0',
    );
    await home.succeed(['channel', 'remove', from, `linux-64/${yanked.fileName}`, '--yank']);
    await putDocument(from, 'linux-64/patch_instructions.json', 'patch_instructions', {
      patch_instructions_version: 1,
      packages: {},
      'packages.conda': { [fixed.fileName]: { depends: ['libc >=2'] } },
      remove: [yanked.fileName],
      revoke: [revoked.fileName],
    });
    await home.succeed(['channel', 'index', from]);
    expect(await tools.json('channel', 'diff', from)).toMatchObject({ differences: [] });
    expect(await copy(from, to)).toMatchObject({ copied: 2, failed: [] });
    const copied = (await tools.repodata(to, 'v0')).json['packages.conda'];
    expect(copied[fixed.fileName]).toMatchObject({ depends: ['libc >=2'] });
    expect(copied[revoked.fileName]).toMatchObject({ revoked: true, depends: ['package_has_been_revoked'] });
    await home.succeed(['channel', 'index', to]);
    expect((await tools.repodata(to, 'v0')).json['packages.conda']).toEqual(copied);
  });
});
