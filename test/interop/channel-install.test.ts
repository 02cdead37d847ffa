import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuiltPackage } from '../support/packages/index.ts';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from '../real/support/docker-registry.ts';
import { pythonClientsOrSay } from './support/clients.ts';
import { signIn } from './support/login.ts';
import { buildEnvironment, INSTALLED, LONG_NAME } from './support/packages.ts';
import { createPythonClient, type InstalledRecord, type PythonClient } from './support/python-client.ts';

const SUITE = 'installing from the loopback channel with rattler and conda-package-handling';
const missing = dockerRegistryMissing('htpasswd');
if (missing !== undefined) console.log(`Skipped: ${SUITE}. ${missing}.`);
const python = missing === undefined ? await pythonClientsOrSay(SUITE) : undefined;

/** A channel at which nothing listens: whatever comes came from the registry. */
const PUBLIC = 'https://127.0.0.1:1/acme';

describe.skipIf(python === undefined).each(['v0', 'v1'] as const)('the loopback channel, layout %s', (layout) => {
  let registry: DockerRegistry;
  let home: CondockHome;
  let clients: PythonClient;
  let packages: BuiltPackage[];
  let url: string;
  let installs = 0;

  beforeAll(async () => {
    registry = await startDockerRegistry({ auth: 'htpasswd' });
    home = createCondockHome();
    clients = await createPythonClient(python!);
    packages = await buildEnvironment(join(home.path, 'build'));
    signIn(home, registry);
    await home.configure(
      `[mirrors]\n"${PUBLIC}" = ["oci://${registry.host}/acme"]\n[layouts]\n"oci://${registry.host}/acme" = "${layout}"\n`,
    );
    const files = packages.map((p) => p.path);
    await home.succeed(['publish', ...files, '--to', `oci://${registry.host}/acme`, '--layout', layout]);
    url = (await home.succeed(['channel', 'url', PUBLIC])).stdout.trim();
  });
  afterAll(async () => {
    await clients[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
    await registry.stop();
  });

  /** A fresh prefix and fresh caches every time. */
  const install = async (
    channels: readonly string[],
    config = '',
  ): Promise<{ records: InstalledRecord[]; prefix: string }> => {
    const folder = join(clients.folder, `install-${String((installs += 1))}`);
    const prefix = join(folder, 'prefix');
    const records = await clients.ask<InstalledRecord[]>('install', {
      channels,
      specs: ['app', LONG_NAME],
      prefix,
      cache: join(folder, 'cache'),
      config,
    });
    return { records, prefix };
  };
  const nameOf = (record: InstalledRecord) => record.file.split('-').slice(0, -2).join('-');
  const expectInstalled = async ({ records, prefix }: Awaited<ReturnType<typeof install>>): Promise<void> => {
    expect(records.map(nameOf).sort()).toEqual([...INSTALLED].sort());
    for (const record of records) {
      expect(record.sha256).toBe(packages.find((p) => p.fileName === record.file)?.sha256);
      expect(existsSync(join(prefix, 'conda-meta', record.file.replace(/\.(conda|tar\.bz2)$/, '.json')))).toBe(true);
    }
    expect(await readFile(join(prefix, 'bin/app'), 'utf8')).toBe(`#!${prefix}/bin/python\n`);
    expect((await readFile(join(prefix, 'share/data/big.bin'))).length).toBe(400_000);
  };

  it('lets rattler solve and install from its URL', async () => {
    const done = await install([url]);
    await expectInstalled(done);
    for (const record of done.records) expect(record.url).toContain(url);
  });

  it('lets several rattlers install at the same time from a store that has nothing yet', async () => {
    await using fresh = createCondockHome();
    signIn(fresh, registry);
    await fresh.configure(await readFile(join(home.places.config, 'config.toml'), 'utf8'));
    const other = (await fresh.succeed(['channel', 'url', PUBLIC])).stdout.trim();
    await Promise.all((await Promise.all(Array.from({ length: 4 }, () => install([other])))).map(expectInstalled));
    expect((await fresh.succeed(['cache', 'verify', '--json'])).json()).toMatchObject({ bad: [] });
  });

  it('lets rattler solve and install by the mirror configuration that "condock setup pixi" writes', async () => {
    const file = join(clients.folder, `${layout}.toml`);
    const shown = await home.succeed(['setup', 'pixi', PUBLIC, '--file', file]);
    expect(shown.stdout).toContain(url);
    expect(existsSync(file)).toBe(false);
    await home.succeed(['setup', 'pixi', PUBLIC, '--file', file, '--apply']);
    const done = await install([PUBLIC], await readFile(file, 'utf8'));
    await expectInstalled(done);
    // A lock that is made of this says nothing of the mirror.
    for (const record of done.records) expect(record.url).toContain(PUBLIC);
    await home.succeed(['setup', 'pixi', PUBLIC, '--file', file, '--revert']);
    expect(existsSync(file)).toBe(false);
  });

  it("lets conda's own tools read a package's info by ranges, and open what they fetched", async () => {
    const app = packages[0]!;
    const address = `${url}/linux-64/${app.fileName}`;
    expect(await clients.ask('stream_info', { url: address })).toMatchObject({ name: 'app', version: '1!2.0+local' });
    for (const built of packages.filter((p) => p.subdir === 'linux-64')) {
      const folder = join(clients.folder, `extract-${layout}-${built.fileName}`);
      const done = await clients.ask<{ sha256: string; files: string[] }>('extract', {
        url: `${url}/linux-64/${built.fileName}`,
        folder,
      });
      expect(done.sha256).toBe(built.sha256);
      expect(done.files).toEqual(expect.arrayContaining([...Object.keys(built.files), 'info/index.json']));
    }
  });

  it('says for every build what a lock needs to know', async () => {
    const repodata = (await (await fetch(`${url}/linux-64/repodata.json`)).json()) as {
      packages: Record<string, Record<string, unknown>>;
      'packages.conda': Record<string, Record<string, unknown>>;
    };
    for (const built of packages.filter((p) => p.subdir === 'linux-64')) {
      const record = { ...repodata.packages, ...repodata['packages.conda'] }[built.fileName];
      // As in conda-index's records, without what is said of the machine that built it.
      const index = Object.fromEntries(
        Object.entries(built.index).filter(([key]) => key !== 'arch' && key !== 'platform'),
      );
      expect(record).toMatchObject({ ...index, sha256: built.sha256, md5: built.md5, size: built.size });
    }
    expect((await fetch(`${url}/linux-64/repodata_shards.msgpack.zst`)).status).toBe(404);
    const exported = await fetch(`${url}/linux-64/run_exports.json`, { redirect: 'manual' });
    expect(exported.status).toBe(layout === 'v1' ? 200 : 307);
  });

  it('installs again with the registry gone, out of the warm store, and says that it is offline', async () => {
    await install([url]);
    // What was prefetched by its digest alone: no client ever asked the channel for it.
    const prefetched = createCondockHome();
    try {
      signIn(prefetched, registry);
      await prefetched.configure(await readFile(join(home.places.config, 'config.toml'), 'utf8'));
      const other = (await prefetched.succeed(['channel', 'url', PUBLIC])).stdout.trim();
      for (const subdir of ['linux-64', 'noarch']) await (await fetch(`${other}/${subdir}/repodata.json.zst`)).text();
      const lines = packages.map((p) => `${PUBLIC}/${p.subdir}/${p.fileName}#sha256:${p.sha256}`);
      const list = join(prefetched.path, 'explicit.txt');
      await writeFile(list, `@EXPLICIT\n${lines.join('\n')}\n`);
      await prefetched.succeed(['prefetch', list]);

      await registry.stop();
      // Daemons that are started now find their channels as they were, on the same ports and below the same secrets.
      for (const one of [home, prefetched]) {
        await one.succeed(['daemon', 'stop']);
        await one.succeed(['channel', 'status']);
      }
      await expectInstalled(await install([url]));
      await expectInstalled(await install([other]));
      for (const one of [home, prefetched]) {
        const status = (await one.succeed(['channel', 'status', '--json'])).json();
        expect(status).toMatchObject({ running: true, offline: true });
      }
      const answer = await fetch(`${url}/noarch/repodata.json`);
      expect(answer.headers.get('x-condock-offline')).toBe('true');
      await answer.arrayBuffer();
    } finally {
      await prefetched[Symbol.asyncDispose]();
    }
  });
});
