import { CondockError } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../oci/digest.ts';
import { encodeManifest, parseManifest } from '../../oci/manifest.ts';
import type { FetchedManifest, RegistryClient } from '../../oci/registry-client.ts';
import { type Manifest, MEDIA_TYPES } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { TemporaryStores } from '../../store/testing/temporary-store.ts';
import { ManifestSource } from './manifest-source.ts';

const repository = { host: 'r.test', name: 'acme/noarch/foo' };

function manifest(note: string): FetchedManifest {
  const document: Manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: { mediaType: MEDIA_TYPES.emptyConfig, digest: sha256Digest(Buffer.from('{}')), size: 2 },
    layers: [],
    annotations: { note },
  };
  const bytes = encodeManifest(document);
  return { digest: sha256Digest(bytes), mediaType: MEDIA_TYPES.manifest, bytes, document: parseManifest(bytes) };
}

describe('manifests for the loopback channel', () => {
  let stores: TemporaryStores;
  let store: BlobStore;
  let answer: () => FetchedManifest | undefined;
  let asked: number;
  let now: number;
  let online: boolean | undefined;
  let source: ManifestSource;

  beforeEach(() => {
    stores = new TemporaryStores();
    store = stores.open();
    asked = 0;
    now = 0;
    online = undefined;
    answer = () => manifest('first');
    const registry = {
      getManifest: () => {
        asked += 1;
        return Promise.resolve().then(answer);
      },
    } as unknown as RegistryClient;
    source = new ManifestSource({ registry, store, now: () => now, answered: (is) => (online = is) });
  });
  afterEach(() => stores[Symbol.asyncDispose]());

  const get = () => source.get(repository, '1-0', {});
  const silence = () => {
    answer = () => {
      throw new CondockError('unreachable', 'nobody is there');
    };
  };

  it('are asked for once, and again when they are half a minute old', async () => {
    await Promise.all([get(), get()]);
    expect((await get())?.stale).toBe(false);
    expect(asked).toBe(1);
    now += 31_000;
    answer = () => manifest('second');
    expect((await get())?.manifest.digest).toBe(manifest('second').digest);
    expect(asked).toBe(2);
  });

  it('are asked for at once after a change from here, and those of other channels are not', async () => {
    await get();
    source.forget('r.test/ac');
    await get();
    expect(asked).toBe(1);
    source.forget('r.test/acme');
    await get();
    expect(asked).toBe(2);
  });

  it('are what was known where the registry does not answer, and are called stale', async () => {
    await get();
    now += 31_000;
    silence();
    expect(await get()).toMatchObject({ stale: true, manifest: { digest: manifest('first').digest } });
    expect(online).toBe(false);
  });

  it('do not wait anew for a host that was silent a moment ago', async () => {
    silence();
    await expect(get()).rejects.toMatchObject({ code: 'unreachable' });
    await expect(source.get(repository, '2-0', {})).rejects.toMatchObject({ code: 'unreachable' });
    expect(asked).toBe(1);
    now += 6_000;
    answer = () => manifest('first');
    expect((await get())?.stale).toBe(false);
    expect(online).toBe(true);
  });

  it('are not made of what is refused', async () => {
    await get();
    now += 31_000;
    answer = () => {
      throw new CondockError('login-required', 'who are you');
    };
    await expect(get()).rejects.toMatchObject({ code: 'login-required' });
  });

  it('are not there where the registry says so, whatever was known', async () => {
    await get();
    now += 31_000;
    answer = () => undefined;
    expect(await get()).toBeUndefined();
  });
});
