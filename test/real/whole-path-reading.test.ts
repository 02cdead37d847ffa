import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultOf } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltPackage, buildPixiLock } from '../support/packages/index.ts';
import { type CondockHome, createCondockHome } from './support/condock.ts';
import { type CountingProxy, startCountingProxy } from './support/counting-proxy.ts';
import { type DockerRegistry, dockerRegistryOrSay, startDockerRegistry } from './support/docker-registry.ts';
import { createSkopeo, type Skopeo } from './support/skopeo.ts';
import { buildTorturePackages, expectWholeStore } from './support/torture.ts';

const programs = dockerRegistryOrSay('skopeo reading the store while it fills');
const CHANNEL = 'https://conda.anaconda.org/read';

describe.skipIf(programs === undefined)('the store, read by skopeo while a prefetch fills it', () => {
  let registry: DockerRegistry;
  let proxy: CountingProxy;
  let home: CondockHome;
  let skopeo: Skopeo;
  let folder: string;
  let packages: BuiltPackage[];
  let references: string[];

  beforeAll(async () => {
    registry = await startDockerRegistry();
    // Slow, so that there is a while to look at.
    proxy = await startCountingProxy(registry.host, { pauseMs: 20 });
    home = createCondockHome();
    skopeo = await createSkopeo(programs!.skopeo);
    folder = await mkdtemp(join(tmpdir(), 'condock-read-'));
    packages = await buildTorturePackages(folder);
    const files = packages.map(({ path }) => path);
    const to = `oci://${registry.host}/read`;
    const rows = (await home.succeed(['publish', ...files, '--to', to, '--no-index', '--json'])).json();
    references = (rows as ResultOf<'publish/run'>).map(({ reference }) =>
      reference!.replace(registry.host, proxy.host),
    );
    await home.configure(`[mirrors]\n"${CHANNEL}" = ["oci://${proxy.host}/read"]\n`);
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await registry.stop();
    await skopeo[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('is a legal image layout at every moment, in which nothing is ever wrong', async () => {
    const lock = join(folder, 'pixi.lock');
    await writeFile(lock, buildPixiLock(packages, { channelUrl: CHANNEL, platform: 'linux-64', version: 6 }));
    const running = home.start(['prefetch', '--layers', 'package,info,index', '--json', lock]);
    let over = false;
    const done = running.result.finally(() => (over = true));
    let looks = 0;
    let seen = 0;
    do {
      const reference = references[looks % references.length]!;
      const name = reference.replace('oci://', '');
      const { code, stdout, stderr } = await skopeo.try('inspect', '--raw', `oci:${home.store}:${name}`);
      if (code === 0) {
        seen += 1;
        expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: 2 });
      } else expect(stderr).toContain('no descriptor found for reference');
      await expectWholeStore(home.store);
      looks += 1;
      // The type checker does not see that a callback changes it.
    } while (!(over as boolean));
    expect((await done).json()).toMatchObject({ fetched: packages.length, failed: [] });
    expect(looks).toBeGreaterThan(3);
    console.log(`looked ${String(looks)} times meanwhile, and found a manifest ${String(seen)} times`);

    for (const reference of references) {
      const name = reference.replace('oci://', '');
      const raw = await skopeo.run('inspect', '--raw', `oci:${home.store}:${name}`);
      const image = reference.replace('oci:', 'docker:').replace(proxy.host, registry.host);
      expect(raw).toBe(await skopeo.run('inspect', '--raw', '--tls-verify=false', image));
    }
  });
});
