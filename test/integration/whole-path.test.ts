import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry } from '@condock/daemon';
import type { EnvironmentListing, ParamsOf, ResultOf } from '@condock/protocol';
import { INDEX, PAYLOAD, rawZstd, tarOf, zipOf } from '../../packages/daemon/src/conda/testing/archives.ts';
import { type FullStack, startFullStack } from '../support/full-stack.ts';
import { buildPackages, buildPixiLock, type BuiltPackage } from '../support/packages/index.ts';

const CHANNEL_URL = 'https://conda.example/ours';

describe('the whole path, on Node alone', () => {
  let stack: FullStack;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let built: BuiltPackage[];
  beforeAll(async () => {
    stack = await startFullStack();
    registry = await startRegistry({ directory: join(stack.folder, 'registry') });
    stack.configure(`[mirrors]\n"${CHANNEL_URL}" = ["oci://${registry.host}/ours"]\n`);
    built = await buildPackages(
      [
        { name: '_mutex', format: 'tar.bz2' },
        { name: 'lib', version: '1!2.0+abi7', subdir: 'linux-64', format: 'conda' },
      ],
      stack.folder,
    );
  });
  afterAll(async () => {
    await registry.stop();
    await stack[Symbol.asyncDispose]();
  });

  const json = async (...args: string[]): Promise<{ code: number; document: unknown }> => {
    const { code, stdout } = await stack.condock([...args, '--json']);
    return { code, document: JSON.parse(stdout) };
  };
  const publish = async (files: readonly string[]) => {
    const { code, document } = await json('publish', ...files, '--to', `oci://${registry.host}/ours`);
    return { code, rows: document as ResultOf<'publish/run'> };
  };
  const prefetch = async (path: string) => {
    const { code, document } = await json('prefetch', path);
    return { code, report: document as ResultOf<'prefetch/run'> };
  };
  const states = async (path: string) =>
    ((await json('env', 'show', path)).document as EnvironmentListing).environments[0]?.packages.map((p) => [
      p.name,
      p.state,
    ]);

  it('goes from archives to a registry, and from a lock to verified blobs', async () => {
    const files = built.map(({ path }) => path);
    const to = `oci://${registry.host}/ours`;
    const first = await publish(files);
    expect(first.code).toBe(0);
    expect(first.rows.map((row) => row.reference)).toEqual([
      `${to}/noarch/zzz_mutex:1.0-0`,
      `${to}/linux-64/lib:1__e__2.0__p__abi7-0`,
    ]);
    expect(first.rows.every((row) => row.error === undefined && row.warnings === undefined)).toBe(true);

    const again = await publish(files);
    expect(again.rows.map((row) => row.manifestDigest)).toEqual(first.rows.map((row) => row.manifestDigest));
    expect(again.rows.flatMap((row) => row.blobs.map((blob) => blob.moved))).toEqual(
      again.rows.flatMap((row) => row.blobs.map(() => 'present')),
    );

    const lock = stack.write(
      'pixi.lock',
      buildPixiLock(built, { channelUrl: CHANNEL_URL, platform: 'linux-64', version: 6 }),
    );
    expect(await states(lock)).toEqual([
      ['_mutex', 'available'],
      ['lib', 'available'],
    ]);
    const { code, report } = await prefetch(lock);
    expect({ code, report }).toMatchObject({ code: 0, report: { requested: 2, fetched: 2, cached: 0, failed: [] } });
    expect(report.bytes).toBe(built.reduce((sum, { size }) => sum + size, 0));
    expect(await states(lock)).toEqual([
      ['_mutex', 'cached'],
      ['lib', 'cached'],
    ]);
    expect(await json('cache', 'verify')).toEqual({ code: 0, document: { checked: 2, bad: [] } });
  });

  it('looks inside a package by its manifest and its info layer: the archive is not even asked for', async () => {
    await publish(built.map(({ path }) => path));
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      get(`${registry.url}${request.url ?? ''}`, { headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    try {
      const host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const fresh = await startFullStack();
      await using _end = fresh;
      const { code, stdout } = await fresh.condock([
        'show',
        `oci://${host}/ours/linux-64/lib:1__e__2.0__p__abi7-0`,
        '--json',
      ]);
      const inside = JSON.parse(stdout) as ResultOf<'package/inspect'>;
      expect({ code, inside }).toMatchObject({ code: 0, inside: { from: 'info-layer', index: { name: 'lib' } } });
      const info = inside.layers.find(({ role }) => role === 'info')?.digest ?? '';
      expect(asked).toEqual([
        'GET /v2/ours/linux-64/lib/manifests/1__e__2.0__p__abi7-0',
        `GET /v2/ours/linux-64/lib/blobs/${info}`,
      ]);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('says what is wrong with the configuration, and does what it says once it is corrected', async () => {
    const own = await startFullStack();
    await using _end = own;
    const lock = own.write('pixi.lock', 'version: 6\nenvironments: {}\npackages: []\n');
    own.configure('[mirror]\n"https://conda.example" = ["oci://127.0.0.1:9/x"]\n');
    expect((await own.condock(['env', 'show', lock])).stderr).toMatch(
      /"mirror" is no setting of Condock's and does nothing/,
    );
    own.configure('[mirrors\n');
    const { code, stderr } = await own.condock(['env', 'show', lock]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/config\.toml is no valid TOML, line 1/);
    own.configure('');
    expect(await own.condock(['env', 'show', lock])).toMatchObject({ code: 0, stderr: '' });
  });

  it('asks nobody but the mirror that is configured, and says why packages are not there', async () => {
    const [lib] = built.slice(1);
    const [missing] = await buildPackages([{ name: 'missing', subdir: 'linux-64' }], stack.folder);
    const lock = stack.write(
      'missing.lock/pixi.lock',
      buildPixiLock([lib!, missing!], { channelUrl: CHANNEL_URL, platform: 'linux-64', version: 6 }),
    );
    const shown = await stack.condock(['env', 'show', lock]);
    expect(shown.stdout).toMatch(/absent: oci:.*missing:1\.0-0 does not exist, or is private\.\n {2}If it is private/);
    const { code, report } = await prefetch(lock);
    expect(code).toBe(3);
    expect(report.failed).toMatchObject([{ name: missing?.fileName, state: 'absent' }]);
  });

  it('goes on to the next mirror where one does not answer', async () => {
    const to = `oci://${registry.host}/ours`;
    const { rows } = await publish([built[1]!.path]);
    expect(rows[0]?.error).toBeUndefined();
    stack.configure(`[mirrors]\n"${CHANNEL_URL}" = ["oci://127.0.0.1:9/ours", "${to}"]\n`);
    const url = `${CHANNEL_URL}/linux-64/${built[1]!.fileName}`;
    const inside = await stack.client.request('package/inspect', { target: url });
    expect(inside.reference).toBe(`${to}/linux-64/lib:1__e__2.0__p__abi7-0`);
    const lock = stack.write(
      'next/pixi.lock',
      buildPixiLock(built.slice(1), { channelUrl: CHANNEL_URL, platform: 'linux-64', version: 6 }),
    );
    const report = await stack.client.request('prefetch/run', { path: lock, layers: ['index'] });
    expect(report.failed).toEqual([]);
    stack.configure(`[mirrors]\n"${CHANNEL_URL}" = ["oci://127.0.0.1:9/ours", "${to}-not"]\n`);
    await expect(stack.client.request('package/inspect', { target: url })).rejects.toMatchObject({ code: 'absent' });
  }, 60_000);

  describe('with an unusual archive', () => {
    let file: string;
    beforeEach(async () => {
      const info = await tarOf([
        { name: 'info/index.json', content: INDEX },
        { name: 'info/licenses/LICENSE.txt', type: 'symlink', linkname: '/usr/share/licenses/MIT' },
      ]);
      file = stack.write(
        'foo-1.0-0.conda',
        await zipOf([
          ['folder/pkg-foo-1.0-0.tar.zst', PAYLOAD],
          ['folder/info-foo-1.0-0.tar.zst', rawZstd(info)],
        ]),
      );
    });

    it('says when publishing it what is unusual, and what the info layer lacks', async () => {
      const params = { files: [file], to: `oci://${registry.host}/odd`, subdir: 'noarch' };
      const [row] = await stack.client.request('publish/run', params satisfies ParamsOf<'publish/run'>);
      expect(row?.error).toBeUndefined();
      expect(row?.warnings).toEqual([
        expect.stringMatching(/stand in the folder folder/),
        'It has no metadata.json.',
        'info/licenses/LICENSE.txt leads to no file within info/, so the info layer is without it.',
      ]);
    });

    it('says so when looking inside it', async () => {
      const { warnings } = await stack.client.request('package/inspect', { target: file });
      expect(warnings).toEqual(expect.arrayContaining(['It has no metadata.json.']));
    });
  });

  it('tells of a channel that it changed, and not where it was only looked at', async () => {
    const channel = `oci://${registry.host}/ours`;
    const heard: (string | null)[] = [];
    const listening = stack.client.onNotification('channel/didChange', (params) => heard.push(params.channel));
    await stack.client.request('channel/index', { channel, dryRun: true });
    await stack.client.request('channel/remove', {
      channel,
      packages: ['linux-64/lib-1!2.0+abi7-0.conda'],
      dryRun: true,
    });
    await stack.client.request('daemon/ping', {});
    expect(heard).toEqual([]);
    await stack.client.request('channel/index', { channel });
    await expect.poll(() => heard).toContain(channel);
    listening[Symbol.dispose]();
  });

  it('tells other clients that the store changed, when something comes and when it goes', async () => {
    const [late] = await buildPackages([{ name: 'late' }], stack.folder);
    await publish([late!.path]);
    const lock = stack.write(
      'late.lock/pixi.lock',
      buildPixiLock([late!], { channelUrl: `oci://${registry.host}/ours`, platform: 'linux-64', version: 6 }),
    );
    let heard = 0;
    const listening = stack.client.onNotification('cache/didChange', () => (heard += 1));
    expect((await prefetch(lock)).report.fetched).toBe(1);
    await expect.poll(() => heard, { timeout: 20_000 }).toBe(1);
    expect((await prefetch(lock)).report.fetched).toBe(0);
    expect((await json('cache', 'gc', '--max', '0')).code).toBe(0);
    await expect.poll(() => heard, { timeout: 20_000 }).toBe(2);
    listening[Symbol.dispose]();
  });
});
