import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../layout/repodata/types.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import { confirmChange, type DocumentEdit, putChange } from './document-update.ts';
import { type DocumentPlace, readDocument } from './metadata-documents.ts';
import { slowRegistry, updateParts as parts } from './testing/slow-registry.ts';

const place: DocumentPlace = {
  repository: { host: '127.0.0.1:1', name: 'c/noarch/repodata.json' },
  layout: 'v0',
  kind: 'repodata',
};

/** Adds one name to the document. */
const add = (name: string): DocumentEdit => ({
  apply: (current) => ({
    info: { subdir: 'noarch' },
    packages: { ...(current?.packages as JsonObject | undefined), [name]: {} },
    'packages.conda': {},
  }),
  holds: (current) => Object.hasOwn(current.packages as JsonObject, name),
});

const signal = new AbortController().signal;

describe('updates of a document that others update too', () => {
  it('lose nothing that was confirmed, however publishers come between one another', async () => {
    const { client } = slowRegistry(() => delay(Math.random() * 8).then(() => undefined));
    const names = Array.from({ length: 8 }, (_, n) => `p${n}`);
    await Promise.all(
      names.map(async (name) => {
        const put = await putChange(place, add(name), parts(client), { signal });
        await confirmChange(put, parts(client), { signal });
      }),
    );
    const document = await readDocument(place, client, { signal });
    expect(Object.keys(document?.json.packages as JsonObject).sort()).toEqual(names);
  });

  it('make a change again that was overwritten by one who had read before it', async () => {
    const { client } = slowRegistry(() => Promise.resolve());
    const own = parts(client);
    const put = await putChange(place, add('mine'), own, { signal });
    // Somebody who read before us moves the tag after us.
    const theirs = slowRegistry(() => Promise.resolve());
    await putChange(place, add('theirs'), parts(theirs.client), { signal });
    const stale = await theirs.client.getManifest(place.repository, 'latest');
    const blobs = await readDocument(place, theirs.client, { signal });
    expect(blobs?.json.packages).toEqual({ theirs: {} });
    await copyDocument(theirs.client, client);
    await client.putManifest(place.repository, 'latest', stale?.bytes ?? new Uint8Array(), stale?.mediaType ?? '');
    await confirmChange(put, own, { signal });
    const document = await readDocument(place, client, { signal });
    expect(Object.keys(document?.json.packages as JsonObject).sort()).toEqual(['mine', 'theirs']);
  });

  it('are confirmed only when nobody who read before can move the tag any more', async () => {
    const { client } = slowRegistry(() => Promise.resolve());
    const slow: RegistryClient = {
      ...client,
      putManifest: async (repository, tag, ...rest) => {
        if (tag === 'latest') await delay(200);
        return client.putManifest(repository, tag, ...rest);
      },
    };
    // They have asked for the tag, and move it when we are done.
    const theirs = putChange(place, add('theirs'), parts(slow), { signal });
    await delay(50);
    await confirmChange(await putChange(place, add('mine'), parts(client), { signal }), parts(client), { signal });
    await theirs;
    const document = await readDocument(place, client, { signal });
    expect(Object.keys(document?.json.packages as JsonObject).sort()).toEqual(['mine', 'theirs']);
  });

  it('move nothing where the document says it already', async () => {
    const { client, moves } = slowRegistry(() => Promise.resolve());
    await confirmChange(await putChange(place, add('a'), parts(client), { signal }), parts(client), { signal });
    const put = await putChange(place, add('a'), parts(client), { signal });
    await confirmChange(put, parts(client), { signal });
    expect(moves()).toBe(1);
  });

  it('make sure of a change that is there already: who made it may have been killed before it lasted', async () => {
    const { client } = slowRegistry(() => Promise.resolve());
    const own = parts(client);
    // Put, and then killed.
    await putChange(place, add('mine'), own, { signal });
    const again = await putChange(place, add('mine'), own, { signal });
    // Somebody who read before the first put moves the tag after the second look.
    const theirs = slowRegistry(() => Promise.resolve());
    await putChange(place, add('theirs'), parts(theirs.client), { signal });
    await copyDocument(theirs.client, client);
    const stale = await theirs.client.getManifest(place.repository, 'latest');
    await client.putManifest(place.repository, 'latest', stale?.bytes ?? new Uint8Array(), stale?.mediaType ?? '');
    await confirmChange(again, own, { signal });
    const document = await readDocument(place, client, { signal });
    expect(Object.keys(document?.json.packages as JsonObject).sort()).toEqual(['mine', 'theirs']);
  });
});

async function copyDocument(from: RegistryClient, to: RegistryClient): Promise<void> {
  const manifest = await from.getManifest(place.repository, 'latest');
  const document = manifest?.document;
  for (const layer of document !== undefined && 'layers' in document ? document.layers : []) {
    const body = await from.getBlob(place.repository, layer.digest);
    if (body === undefined) continue;
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.chunks) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    await to.uploadBlob(place.repository, {
      digest: layer.digest,
      size: bytes.length,
      open: async function* () {
        yield await Promise.resolve(bytes);
      },
    });
  }
}
