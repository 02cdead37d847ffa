import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from '../real/support/docker-registry.ts';
import { createSkopeo } from '../real/support/skopeo.ts';
import { findProgramOrSay } from '../support/find-program.ts';
import { type BuiltPackage, buildPackages, buildRepodata } from '../support/packages/index.ts';
import { runProgram } from '../support/run-program.ts';
import { goProgramOrSay, pythonClientsOrSay } from './support/clients.ts';
import { dockerConfig, signIn } from './support/login.ts';
import { createPythonClient, type PythonClient } from './support/python-client.ts';

const missing = dockerRegistryMissing('htpasswd');
if (missing !== undefined)
  console.log(`Skipped: what conda-oci-mirror, oras, crane and skopeo push and pull. ${missing}.`);
const ready = missing === undefined;
const python = ready ? await pythonClientsOrSay('what conda-oci-mirror pushes and pulls') : undefined;
const oras = ready ? await goProgramOrSay('oras', 'what oras pulls') : undefined;
const crane = ready ? await goProgramOrSay('crane', 'what crane pulls') : undefined;
const skopeoProgram = ready ? findProgramOrSay('skopeo', 'what skopeo pulls') : undefined;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Published {
  reference: string;
  manifestDigest: string;
  blobs: { digest: string }[];
}

describe.skipIf(!ready)('packages in docker-registry with htpasswd', () => {
  let registry: DockerRegistry;
  let home: CondockHome;
  let packages: BuiltPackage[];
  let published: Published[];
  let configFolder: string;

  beforeAll(async () => {
    registry = await startDockerRegistry({ auth: 'htpasswd' });
    home = createCondockHome();
    signIn(home, registry);
    configFolder = join(home.path, 'tool');
    await mkdir(configFolder);
    await writeFile(join(configFolder, 'config.json'), dockerConfig(registry));
    packages = await buildPackages(
      [
        { name: 'tool', version: '1!1.0+x', subdir: 'linux-64', runExports: { weak: ['tool'] } },
        { name: '_hidden', subdir: 'linux-64', format: 'tar.bz2', depends: ['tool'] },
      ],
      join(home.path, 'build'),
    );
    const files = packages.map((p) => p.path);
    const done = await home.succeed(['publish', ...files, '--to', `oci://${registry.host}/ours`, '--json']);
    published = done.json() as Published[];
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await registry.stop();
  });

  const digestsOf = (row: Published): string[] => row.blobs.map((b) => b.digest.slice('sha256:'.length)).sort();
  const plainReference = (row: Published): string => row.reference.replace('oci://', '');

  describe.skipIf(python === undefined)('by conda-oci-mirror', () => {
    // Without passwords: the mirror's client takes the realm of a Basic challenge for an address, and asks there for a token.
    let open: DockerRegistry;
    let clients: PythonClient;
    const ask = <T>(what: string, cache: string, more: Record<string, unknown>): Promise<T> =>
      clients.ask<T>(what, {
        registry: `http://${open.host}`,
        subdir: 'linux-64',
        cache: join(clients.folder, cache),
        ...more,
      });
    beforeAll(async () => {
      clients = await createPythonClient(python!);
      open = await startDockerRegistry();
      const files = packages.map((p) => p.path);
      await home.succeed(['publish', ...files, '--to', `oci://${open.host}/ours`]);
    });
    afterAll(async () => {
      await clients[Symbol.asyncDispose]();
      await open.stop();
    });

    it('pushed are resolved, looked into, prefetched and served by Condock', async () => {
      const folder = join(clients.folder, 'push', 'theirs', 'linux-64');
      await mkdir(folder, { recursive: true });
      for (const built of packages) await cp(built.path, join(folder, built.fileName));
      await writeFile(join(folder, 'repodata.json'), JSON.stringify(buildRepodata(packages, 'linux-64')));
      expect(await ask('mirror_push', 'push', { channel: 'theirs' })).toEqual({ errors: [] });

      const channel = `oci://${open.host}/theirs`;
      const list = join(home.path, 'theirs.txt');
      const urls = packages.map((p) => `https://127.0.0.1:1/theirs/linux-64/${p.fileName}#sha256:${p.sha256}`);
      await writeFile(list, `@EXPLICIT\n${urls.join('\n')}\n`);
      await home.configure(`[mirrors]\n"https://127.0.0.1:1/theirs" = ["${channel}"]\n`);
      const resolved = (await home.succeed(['env', 'show', list, '--json'])).json() as {
        environments: { packages: { name: string; state: string }[] }[];
      };
      const states = resolved.environments.flatMap((e) => e.packages.map((p) => `${p.name} ${p.state}`)).sort();
      expect(states).toEqual(['_hidden available', 'tool available']);
      const fetched = (await home.succeed(['prefetch', list, '--layers', 'package,info,index', '--json'])).json();
      expect(fetched).toMatchObject({ requested: 2, failed: [] });
      for (const name of ['zzz_hidden:1.0-0', 'tool:1__e__1.0__p__x-0']) {
        const shown = (await home.succeed(['show', `${channel}/linux-64/${name}`, '--json'])).json();
        expect(shown).toMatchObject({ layout: 'v0', from: 'info-layer', layers: expect.any(Array) as unknown });
      }
      const diff = (await home.succeed(['channel', 'diff', channel, '--json'])).json();
      expect(diff).toMatchObject({ differences: [], warnings: [] });
      const url = (await home.succeed(['channel', 'url', channel])).stdout.trim();
      for (const built of packages) {
        const bytes = await (await fetch(`${url}/linux-64/${built.fileName}`)).arrayBuffer();
        expect(sha256(new Uint8Array(bytes))).toBe(built.sha256);
      }
    });

    it('are pulled as Condock published them, archive, info and index', async () => {
      const pulled = await ask<{ errors: string[]; files: Record<string, string> }>('mirror_pull', 'pull', {
        channel: 'ours',
      });
      expect(pulled.errors).toEqual([]);
      for (const built of packages) expect(pulled.files[built.fileName]).toBe(built.sha256);
      const read = await ask('mirror_read', 'read', { channel: 'ours', package: 'tool:1!1.0+x-0' });
      expect(read).toMatchObject({
        index: packages[0]!.index,
        members: expect.arrayContaining(['index.json', 'about.json']) as unknown,
        archive: packages[0]!.sha256,
      });
    });

    it('stay publishable where the mirror has written over them', async () => {
      const reference = published[0]!.reference.replace(registry.host, open.host);
      const folder = join(clients.folder, 'over', 'ours', 'linux-64');
      await mkdir(folder, { recursive: true });
      await cp(packages[0]!.path, join(folder, packages[0]!.fileName));
      await writeFile(join(folder, 'repodata.json'), JSON.stringify(buildRepodata(packages, 'linux-64')));
      await ask('mirror_push', 'over', { channel: 'ours' });
      const digestOf = async (): Promise<unknown> =>
        ((await home.succeed(['show', reference, '--json'])).json() as { manifestDigest: unknown }).manifestDigest;
      // The mirror's manifests differ by the day. The archive does not, so that nothing has to be forced.
      expect(await digestOf()).not.toBe(published[0]!.manifestDigest);
      await home.succeed(['publish', packages[0]!.path, '--to', `oci://${open.host}/ours`]);
      expect(await digestOf()).toBe(published[0]!.manifestDigest);
    });
  });

  it.skipIf(oras === undefined)('are pulled byte for byte by oras, and copied with their digests', async () => {
    const env = { PATH: process.env.PATH, HOME: configFolder };
    const shared = ['--registry-config', join(configFolder, 'config.json')];
    for (const [at, row] of published.entries()) {
      const out = join(home.path, `oras-${String(at)}`);
      const done = await runProgram(oras!, ['pull', '--plain-http', ...shared, '--output', out, plainReference(row)], {
        env,
      });
      expect(done.code, done.stderr).toBe(0);
      const files = await filesBelow(out);
      const found = await Promise.all(files.map(async (file) => sha256(await readFile(file))));
      expect(digestsOf(row)).toEqual(expect.arrayContaining(found));
      expect(found).toContain(packages[at]!.sha256);
      expect(found).toHaveLength(3);
      const layout = join(home.path, `oras-layout-${String(at)}`);
      const copied = await runProgram(
        oras!,
        [
          'copy',
          '--from-plain-http',
          '--from-registry-config',
          join(configFolder, 'config.json'),
          '--to-oci-layout',
          plainReference(row),
          `${layout}:x`,
        ],
        { env },
      );
      expect(copied.code, copied.stderr).toBe(0);
      expect(copied.stdout).toContain(row.manifestDigest);
    }
  });

  it.skipIf(crane === undefined)('are pulled byte for byte by crane', async () => {
    const env = { PATH: process.env.PATH, HOME: configFolder, DOCKER_CONFIG: configFolder };
    for (const row of published) {
      const reference = plainReference(row);
      const digest = await runProgram(crane!, ['digest', '--insecure', reference], { env });
      expect(digest.stdout.trim(), digest.stderr).toBe(row.manifestDigest);
      const manifest = await runProgram(crane!, ['manifest', '--insecure', reference], { env });
      expect(sha256(Buffer.from(manifest.stdout))).toBe(row.manifestDigest.slice('sha256:'.length));
      const out = join(home.path, `crane-${row.manifestDigest.slice(-8)}`);
      const pulled = await runProgram(crane!, ['pull', '--insecure', '--format=oci', reference, out], { env });
      expect(pulled.code, pulled.stderr).toBe(0);
      await expectBlobs(out, row);
    }
  });

  it.skipIf(skopeoProgram === undefined)('are pulled byte for byte by skopeo', async () => {
    await using skopeo = await createSkopeo(skopeoProgram!);
    await skopeo.login(registry.host, registry.username, registry.password);
    for (const row of published) {
      const reference = `docker://${plainReference(row)}`;
      const raw = await skopeo.run('inspect', '--raw', '--tls-verify=false', reference);
      expect(sha256(Buffer.from(raw))).toBe(row.manifestDigest.slice('sha256:'.length));
      const out = join(home.path, `skopeo-${row.manifestDigest.slice(-8)}`);
      await skopeo.run('copy', '--preserve-digests', '--src-tls-verify=false', reference, `oci:${out}:x`);
      await expectBlobs(out, row);
    }
  });

  /** An OCI layout holds exactly what was published, under names that are true. */
  const expectBlobs = async (layout: string, row: Published): Promise<void> => {
    const folder = join(layout, 'blobs/sha256');
    const names = await readdir(folder);
    for (const name of names) expect(sha256(await readFile(join(folder, name)))).toBe(name);
    expect(names).toEqual(expect.arrayContaining([...digestsOf(row), row.manifestDigest.slice('sha256:'.length)]));
  };
});

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}
