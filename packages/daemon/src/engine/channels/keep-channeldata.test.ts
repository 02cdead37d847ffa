import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Channeldata } from '../../layout/repodata/types.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import { confirmChange, type DocumentEdit, putChange } from './document-update.ts';
import { forgetLost } from './keep-channeldata.ts';
import { listPackages } from './list-packages.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import { unlistEdit } from './package-records.ts';
import { slowRegistry, updateParts } from './testing/slow-registry.ts';

const channel = { host: '127.0.0.1:1', path: 'c' };
const { signal } = new AbortController();

async function publish(name: string, version: string, subdir: string, registry: RegistryClient): Promise<void> {
  const index = { name, version, build: '0', license: 'MIT' };
  const record = { ...index, sha256: 'ab'.repeat(32) };
  const listing = {
    subdir,
    record: { fileName: `${name}-${version}-0.conda`, record },
    source: { index, subdir },
  };
  const target = { channel, layout: 'v1', restore: false } as const;
  const failures = await listPackages([listing], target, updateParts(registry), { signal });
  expect([...failures.values()]).toEqual([]);
}

async function remove(name: string, version: string, subdir: string, registry: RegistryClient): Promise<void> {
  const [parts, place] = [updateParts(registry), placeOf(channel, subdir, 'v1', 'repodata')];
  const edit = unlistEdit(subdir, [`${name}-${version}-0.conda`]);
  await confirmChange(await putChange(place, edit, parts, { signal }), parts, { signal });
  await forgetLost(channel, 'v1', [{ name, subdir }], parts, { signal });
}

async function described(registry: RegistryClient): Promise<Record<string, unknown>> {
  const document = await readDocument(placeOf(channel, '', 'v1', 'channeldata'), registry, { signal });
  const { packages } = document?.json as Channeldata;
  return Object.fromEntries(Object.entries(packages).map(([name, { subdirs }]) => [name, subdirs]));
}

describe('channeldata.json', () => {
  it('forgets a package with its last build, and a subdir with the last one there', async () => {
    const { client } = slowRegistry(() => Promise.resolve());
    await publish('kept', '1', 'noarch', client);
    await publish('a', '1', 'linux-64', client);
    await publish('a', '2', 'linux-64', client);
    await publish('a', '1', 'osx-64', client);
    await remove('a', '1', 'linux-64', client);
    expect(await described(client)).toEqual({ kept: ['noarch'], a: ['linux-64', 'osx-64'] });
    await remove('a', '2', 'linux-64', client);
    expect(await described(client)).toEqual({ kept: ['noarch'], a: ['osx-64'] });
    await remove('a', '1', 'osx-64', client);
    expect(await described(client)).toEqual({ kept: ['noarch'] });
  });

  it.each([1, 2, 3, 4])('keeps what is published while the last build is removed (%d)', async () => {
    const { client } = slowRegistry(() => delay(Math.random() * 8).then(() => undefined));
    await publish('a', '1', 'noarch', client);
    const removing = remove('a', '1', 'noarch', client);
    // Between the look at the list and what follows from it, too.
    await delay(350 + Math.random() * 300);
    await Promise.all([removing, publish('a', '2', 'noarch', client)]);
    expect(await described(client)).toEqual({ a: ['noarch'] });
  });

  it('describes again what was listed again between the look at the list and the change', async () => {
    const { client } = slowRegistry(() => Promise.resolve());
    await publish('a', '1', 'noarch', client);
    const place = placeOf(channel, 'noarch', 'v1', 'repodata');
    const before = (await readDocument(place, client, { signal }))!.json;
    const put = (edit: DocumentEdit) => putChange(place, edit, updateParts(client), { signal });
    await put(unlistEdit('noarch', ['a-1-0.conda']));
    let relisted = false;
    const late: RegistryClient = {
      ...client,
      putManifest: async (repository, tag, ...rest) => {
        if (repository.name === 'c/channeldata.json' && tag === 'latest' && !relisted) {
          relisted = true;
          await put({ apply: () => before, holds: () => false });
        }
        return client.putManifest(repository, tag, ...rest);
      },
    };
    await forgetLost(channel, 'v1', [{ name: 'a', subdir: 'noarch' }], updateParts(late), { signal });
    expect(relisted).toBe(true);
    expect(await described(client)).toEqual({ a: ['noarch'] });
  });
});
