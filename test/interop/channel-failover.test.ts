import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from '../../packages/daemon/src/http/registry/index.ts';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { type BuiltPackage, buildPackages, buildRepodata } from '../support/packages/index.ts';
import { pythonClientsOrSay } from './support/clients.ts';
import { createPythonClient, type InstalledRecord, type PythonClient } from './support/python-client.ts';

const python = await pythonClientsOrSay('fail-over of the loopback channel');

/** Serves a folder's worth of packages as any static channel does, and remembers what was asked. */
async function startStaticChannel(
  packages: readonly BuiltPackage[],
): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const [, , subdir = '', file = ''] = path.split('/');
    const built = packages.find((p) => p.subdir === subdir && p.fileName === file);
    if (built !== undefined) response.end(readFileSync(built.path));
    else if (file === 'repodata.json') response.end(JSON.stringify(buildRepodata(packages, subdir)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/acme`, asked };
}

describe.skipIf(python === undefined)('the loopback channel before several mirrors', () => {
  let home: CondockHome;
  let clients: PythonClient;
  let packages: BuiltPackage[];
  let registries: Awaited<ReturnType<typeof startRegistry>>[];
  let channel: Awaited<ReturnType<typeof startStaticChannel>>;
  let url: string;

  beforeAll(async () => {
    home = createCondockHome();
    clients = await createPythonClient(python!);
    packages = await buildPackages(
      [
        { name: 'top', subdir: 'linux-64', depends: ['middle'] },
        { name: 'middle', noarch: 'generic', depends: ['rest'] },
        { name: 'rest', noarch: 'generic' },
        { name: 'late', noarch: 'generic' },
      ],
      join(home.path, 'build'),
    );
    registries = [];
    for (const name of ['one', 'two']) registries.push(await startRegistry({ directory: join(home.path, name) }));
    channel = await startStaticChannel(packages);
    const mirrors = registries.map((r) => `oci://${new URL(r.url).host}/acme`);
    await home.configure(`[mirrors]\n"${channel.url}" = ${JSON.stringify(mirrors)}\n`);
    // The first lists all, and lost one; the second has that one. The third is at neither: only the channel itself has it.
    const [top, middle, rest, late] = packages.map((p) => p.path);
    await home.succeed(['publish', top!, middle!, rest!, late!, '--to', mirrors[0]!]);
    await home.succeed(['publish', middle!, late!, '--to', mirrors[1]!]);
    for (const gone of [packages[1]!, packages[2]!]) {
      const name = basename(gone.fileName).split('-')[0]!;
      const base = `${registries[0]!.url.replace(/\/$/, '')}/v2/acme/noarch/${name}`;
      const head = await fetch(`${base}/manifests/1.0-0`, { method: 'HEAD' });
      await fetch(`${base}/manifests/${head.headers.get('docker-content-digest') ?? ''}`, { method: 'DELETE' });
    }
    url = (await home.succeed(['channel', 'url', channel.url])).stdout.trim();
  });
  afterAll(async () => {
    await clients[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
    for (const registry of registries) await registry.stop();
    channel.server.closeAllConnections();
    channel.server.close();
  });

  it('takes from the next mirror what the first has lost, and from the channel itself what none has', async () => {
    const prefix = join(clients.folder, 'prefix');
    const records = await clients.ask<InstalledRecord[]>('install', {
      channels: [url],
      specs: ['top'],
      prefix,
      cache: join(clients.folder, 'cache'),
    });
    expect(records.map((r) => r.sha256).sort()).toEqual(
      packages
        .slice(0, 3)
        .map((p) => p.sha256)
        .sort(),
    );
    expect(channel.asked.filter((path) => path.endsWith('.conda'))).toEqual([`/acme/noarch/${packages[2]!.fileName}`]);
    const origin = async (built: BuiltPackage): Promise<string | null> =>
      (await fetch(`${url}/${built.subdir}/${built.fileName}`, { method: 'HEAD' })).headers.get('x-condock-upstream');
    expect(await origin(packages[0]!)).toBe(`oci://${new URL(registries[0]!.url).host}/acme`);
    expect(await origin(packages[1]!)).toBe(`oci://${new URL(registries[1]!.url).host}/acme`);
  });

  it('goes on where the first mirror is down, with metadata and packages of the next', async () => {
    await registries[0]!.stop();
    await home.succeed(['daemon', 'stop']);
    // Answers once the daemon has opened the channel again.
    await home.succeed(['channel', 'status']);
    const late = packages[3]!;
    const answer = await fetch(`${url}/noarch/${late.fileName}`);
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBe(late.size);
    expect(answer.headers.get('x-condock-upstream')).toBe(`oci://${new URL(registries[1]!.url).host}/acme`);
  });
});
