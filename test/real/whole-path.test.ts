import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { PackageInsides, ResultOf } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPackage } from '../support/packages/read-package.ts';
import { type CondockHome, createCondockHome } from './support/condock.ts';
import { type DockerRegistry, dockerRegistryOrSay, startDockerRegistry } from './support/docker-registry.ts';
import { fixturesOrSay, packagesBelow } from './support/fixtures.ts';
import { createSkopeo, type Skopeo } from './support/skopeo.ts';

type Published = ResultOf<'publish/run'>;

const suite = 'real packages through docker-registry and back';
const programs = dockerRegistryOrSay(suite);
const fixtures = fixturesOrSay(suite);
const files = fixtures === undefined ? [] : packagesBelow(join(fixtures, 'packages'));
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const USER = { username: 'wanda', password: 'pa:ss wörd' };

describe.skipIf(programs === undefined || fixtures === undefined).each([
  ['anonymous', undefined],
  ['htpasswd', USER],
])('real packages and docker-registry (%s)', (_, user) => {
  let registry: DockerRegistry;
  let home: CondockHome;
  let skopeo: Skopeo;
  let folder: string;
  const published: Record<'v0' | 'v1', Published> = { v0: [], v1: [] };
  const tls = ['--tls-verify=false'];

  beforeAll(async () => {
    registry = await startDockerRegistry(user === undefined ? {} : { htpasswd: user });
    home = createCondockHome();
    skopeo = await createSkopeo(programs!.skopeo);
    folder = await mkdtemp(join(tmpdir(), 'condock-whole-path-'));
    if (user !== undefined) await skopeo.login(registry.host, user.username, user.password);
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await registry.stop();
    await skopeo[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  if (user !== undefined) {
    it('lets nobody in without a login, and says so', async () => {
      const to = `oci://${registry.host}/real/v0`;
      const refused = await home.run(['publish', files[0]!, '--to', to, '--json']);
      expect(refused.code).toBe(1);
      expect(refused.json()).toMatchObject([{ error: { code: 'login-required', data: { host: registry.host } } }]);
      const login = ['login', registry.host, '-u', USER.username, '--keep', 'file'];
      const wrong = await home.run([...login, '--json'], { stdin: 'wrong\n' });
      expect(wrong.code).toBe(1);
      expect(wrong.json()).toMatchObject({ error: { code: 'denied' } });
      await home.succeed(login, { stdin: `${USER.password}\n` });
    });
  }

  it.each(['v0', 'v1'] as const)(
    'publishes every package in layout %s, and again without moving a thing',
    async (layout) => {
      const args = ['publish', ...files, '--to', `oci://${registry.host}/real/${layout}`, '--layout', layout, '--json'];
      const rows = (await home.succeed(args)).json() as Published;
      published[layout] = rows;
      expect(rows.map(({ file }) => file)).toEqual(files);
      for (const row of rows) {
        expect(row).toMatchObject({ layout, manifestDigest: expect.stringMatching(/^sha256:/) as string });
        expect(row.blobs[0]?.digest).toBe(sha256(await readFile(row.file)));
      }
      const again = (await home.succeed(args)).json() as Published;
      expect(again.map(({ reference, manifestDigest }) => [reference, manifestDigest])).toEqual(
        rows.map(({ reference, manifestDigest }) => [reference, manifestDigest]),
      );
      expect(new Set(again.flatMap(({ blobs }) => blobs.map(({ moved }) => moved)))).toEqual(new Set(['present']));
    },
  );

  it('shares the archives between the layouts, and nothing else', () => {
    for (const [at, v0] of published.v0.entries()) {
      const v1 = published.v1[at]!;
      expect(v1.blobs[0]).toMatchObject({ digest: v0.blobs[0]!.digest });
      expect(v1.manifestDigest).not.toBe(v0.manifestDigest);
    }
  });

  it('is copied out by skopeo byte for byte', async () => {
    for (const row of [...published.v0, ...published.v1]) {
      await mkdir(join(folder, 'copied'), { recursive: true });
      const target = join(folder, 'copied', row.manifestDigest!.slice('sha256:'.length));
      await skopeo.run('copy', '--src-tls-verify=false', image(row.reference!), `oci:${target}:it`);
      const manifest = await skopeo.run('inspect', '--raw', `oci:${target}:it`);
      expect(sha256(Buffer.from(manifest))).toBe(row.manifestDigest);
      const { layers } = JSON.parse(manifest) as { layers: { mediaType: string; digest: string }[] };
      const format = row.file.endsWith('.conda') ? 'v2' : 'v1';
      const archive = layers.find(({ mediaType }) => mediaType === `application/vnd.conda.package.${format}`);
      const copied = await readFile(join(target, 'blobs', 'sha256', archive!.digest.slice('sha256:'.length)));
      expect(copied.equals(await readFile(row.file)), row.file).toBe(true);
    }
  });

  it('comes into the store whole, which skopeo reads byte for byte as it reads the registry', async () => {
    const references = [...published.v0, ...published.v1].map(({ reference }) => reference!);
    const args = ['prefetch', '--layers', 'package,info,index', '--json', ...references];
    const report = (await home.succeed(args)).json();
    expect(report).toMatchObject({ requested: references.length, fetched: references.length, cached: 0, failed: [] });
    expect((await home.succeed(args)).json()).toMatchObject({ fetched: 0, cached: references.length, bytes: 0 });
    expect((await home.succeed(['cache', 'verify', '--json'])).json()).toMatchObject({ bad: [] });

    for (const { reference, manifestDigest } of [...published.v0, ...published.v1]) {
      const raw = await skopeo.run('inspect', '--raw', `oci:${home.store}:${nameInStore(reference!, manifestDigest!)}`);
      expect(raw).toBe(await skopeo.run('inspect', '--raw', ...tls, image(reference!)));
    }
    const target = join(folder, 'from-store');
    for (const { reference, manifestDigest } of published.v1.slice(0, 3)) {
      await skopeo.run('copy', `oci:${home.store}:${nameInStore(reference!, manifestDigest!)}`, `oci:${target}:it`);
    }
  });

  it('exports what can be read elsewhere', async () => {
    const { reference, manifestDigest, file } = published.v1[0]!;
    const target = join(folder, 'exported');
    await home.succeed(['cache', 'export', target, reference!]);
    const copy = join(folder, 'exported-copy');
    await skopeo.run('copy', `oci:${target}:${nameInStore(reference!, manifestDigest!)}`, `oci:${copy}:it`);
    const archive = sha256(await readFile(file)).slice('sha256:'.length);
    expect((await readFile(join(copy, 'blobs', 'sha256', archive))).equals(await readFile(file))).toBe(true);
  });

  it('shows from the info layer alone what the archive holds', async () => {
    const fresh = createCondockHome();
    try {
      if (user !== undefined) {
        const login = ['login', registry.host, '-u', user.username, '--keep', 'file'];
        await fresh.succeed(login, { stdin: `${user.password}\n` });
      }
      await using client = await fresh.connect();
      for (const row of [...published.v0, ...published.v1]) {
        const shown = await client.request('package/inspect', { target: row.reference! });
        expect(shown).toMatchObject({ from: 'info-layer', layout: row.layout, manifestDigest: row.manifestDigest });
        const local = await client.request('package/inspect', { target: row.file });
        for (const part of ['index', 'about', 'runExports', 'files', 'licenses', 'recipe'] as const) {
          expect(shown[part], `${part} of ${row.file}`).toEqual(local[part]);
        }
        expect(shown.layers.find(({ role }) => role === 'package')?.cached).toBe(false);
        const { members } = await readPackage(row.file);
        const index = JSON.parse(members.get('info/index.json')!.content) as Record<string, unknown>;
        expect(shown.index).toEqual(index);
        expect(basename(row.file)).toContain(`${String(index.name)}-${String(index.version)}-${String(index.build)}.`);
      }
      const { reference } = published.v1[0]!;
      const told = (await fresh.succeed(['show', reference!, '--json'])).json() as PackageInsides;
      expect(told).toEqual(await client.request('package/inspect', { target: reference! }));
      expect((await fresh.succeed(['show', reference!])).stdout).toContain('the archive was not fetched');
    } finally {
      await fresh[Symbol.asyncDispose]();
    }
  });

  it('has repodata last, which lists exactly what was published', async () => {
    for (const layout of ['v0', 'v1'] as const) {
      const listed: string[] = [];
      for (const subdir of new Set(published[layout].map(({ reference }) => reference!.split('/').at(-2)!))) {
        const repository = `${registry.host}/real/${layout}/${subdir}/${layout === 'v1' ? 'm' : ''}repodata.json`;
        const manifest = JSON.parse(await skopeo.run('inspect', '--raw', ...tls, `docker://${repository}:latest`)) as {
          layers: { mediaType: string; digest: string }[];
        };
        const target = join(folder, `repodata-${layout}-${subdir}`);
        await skopeo.run('copy', '--src-tls-verify=false', `docker://${repository}:latest`, `oci:${target}:it`);
        const plain = manifest.layers.find(({ mediaType }) => mediaType.endsWith('+json'))!;
        const text = await readFile(join(target, 'blobs', 'sha256', plain.digest.slice('sha256:'.length)), 'utf8');
        const repodata = JSON.parse(text) as Record<'packages' | 'packages.conda', Record<string, { sha256: string }>>;
        for (const [name, record] of Object.entries({ ...repodata.packages, ...repodata['packages.conda'] })) {
          listed.push(`${subdir}/${name} sha256:${record.sha256}`);
        }
      }
      expect(listed.sort()).toEqual(
        published[layout]
          .map(({ reference, file, blobs }) => `${reference!.split('/').at(-2)!}/${basename(file)} ${blobs[0]!.digest}`)
          .sort(),
      );
    }
  });
});

const image = (reference: string): string => reference.replace(/^oci:/, 'docker:');

/** image-spec v1.1, annotations.md: names in a layout have no `__`. */
function nameInStore(reference: string, digest: string): string {
  const name = reference.replace('oci://', '');
  return name.includes('__') ? `${name.replace(/:[^:/]*$/, '')}@${digest}` : name;
}
