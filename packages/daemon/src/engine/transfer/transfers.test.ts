import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { CondockError } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../oci/digest.ts';
import type { BlobBody, RegistryClient } from '../../oci/registry-client.ts';
import type { Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { openStore } from '../../store/open-store.ts';
import { Transfers } from './transfers.ts';

const good: Repository = { host: 'good.example', name: 'c/noarch/p' };
const other: Repository = { host: 'other.example', name: 'c/noarch/p' };

/** Answers `getBlob` by a function; counts the questions. */
function registry(
  answer: (
    repository: Repository,
    offset: number,
    signal: AbortSignal | undefined,
  ) => Promise<BlobBody | undefined> | BlobBody | undefined,
) {
  const asked: { host: string; offset: number }[] = [];
  const client = {
    getBlob: async (repository: Repository, _digest: string, options: { offset?: number; signal?: AbortSignal }) => {
      asked.push({ host: repository.host, offset: options.offset ?? 0 });
      return answer(repository, options.offset ?? 0, options.signal);
    },
  } as unknown as RegistryClient;
  return { client, asked };
}

function bodyOf(bytes: Uint8Array, offset = 0, cutAfter = Infinity): BlobBody {
  return {
    offset,
    size: bytes.length,
    chunks: (async function* () {
      for (let at = offset; at < bytes.length; at += 64 * 1024) {
        if (at - offset >= cutAfter) throw new CondockError('unreachable', 'The line was cut.');
        yield await Promise.resolve(bytes.subarray(at, at + 64 * 1024));
      }
    })(),
  };
}

describe('Transfers', () => {
  let root: string;
  let store: BlobStore;
  const transfers = (client: RegistryClient) =>
    new Transfers({ registry: client, store, sleep: () => Promise.resolve() });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'condock-transfers-'));
    store = openStore({ root });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    rmSync(root, { recursive: true });
  });

  it('fetches a digest once, however many ask for it, and tells each of them of its bytes', async () => {
    const bytes = randomBytes(3_000_000);
    const { client, asked } = registry(() => bodyOf(bytes));
    const all = transfers(client);
    const seen = [0, 0, 0];
    const digest = sha256Digest(bytes);
    await Promise.all(
      seen.map((_, n) =>
        all.fetch(
          { digest, size: bytes.length, repositories: [good] },
          { onBytes: (b) => (seen[n] = (seen[n] ?? 0) + b) },
        ),
      ),
    );
    expect(asked).toHaveLength(1);
    expect(seen).toEqual([3_000_000, 3_000_000, 3_000_000]);
    expect(store.has(digest)).toBe(3_000_000);
  });

  it('goes on for those who wait when one of them leaves, and ends when the last has gone', async () => {
    const bytes = randomBytes(2_000_000);
    let aborted = false;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { client } = registry(async (_repository, _offset, signal) => {
      signal?.addEventListener('abort', () => (aborted = true));
      await gate;
      signal?.throwIfAborted();
      return bodyOf(bytes);
    });
    const all = transfers(client);
    const digest = sha256Digest(bytes);
    const request = { digest, size: bytes.length, repositories: [good] };
    const leaver = new AbortController();
    const left = all.fetch(request, { signal: leaver.signal });
    const stays = all.fetch(request, {});
    leaver.abort();
    await expect(left).rejects.toThrow();
    expect(aborted).toBe(false);
    release();
    await stays;
    expect(store.has(digest)).toBe(2_000_000);
  });

  it('takes up a cut transfer where it was cut', async () => {
    const bytes = randomBytes(4_000_000);
    const { client, asked } = registry((_r, offset) =>
      bodyOf(bytes, offset, asked.length === 1 ? 1_500_000 : Infinity),
    );
    const { bytes: moved } = await transfers(client).fetch(
      { digest: sha256Digest(bytes), size: bytes.length, repositories: [good] },
      {},
    );
    expect(asked).toHaveLength(2);
    expect(asked[1]?.offset).toBeGreaterThan(1_000_000);
    expect(moved).toBe(4_000_000);
  });

  it('begins again where the registry sends the whole instead of the rest', async () => {
    const bytes = randomBytes(2_000_000);
    const { client, asked } = registry(() => bodyOf(bytes, 0, asked.length === 1 ? 1_000_000 : Infinity));
    await transfers(client).fetch({ digest: sha256Digest(bytes), size: bytes.length, repositories: [good] }, {});
    expect(store.has(sha256Digest(bytes))).toBe(2_000_000);
  });

  it.each([500, 2_000_000])('never keeps wrong bytes (%d), and goes on to the next mirror', async (size) => {
    const bytes = randomBytes(size);
    const wrong = Buffer.from(bytes);
    wrong[10] = (wrong[10] ?? 0) ^ 1;
    const { client } = registry((repository) => bodyOf(repository.host === good.host ? bytes : wrong));
    const digest = sha256Digest(bytes);
    await expect(transfers(client).fetch({ digest, size, repositories: [other] }, {})).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    expect(store.has(digest)).toBeUndefined();
    await transfers(client).fetch({ digest, size, repositories: [other, good] }, {});
    expect(store.has(digest)).toBe(size);
  });

  it('ends a transfer that brings more bytes than the blob has', async () => {
    const bytes = randomBytes(2_000_000);
    const { client } = registry(() => bodyOf(Buffer.concat([bytes, bytes, bytes])));
    const digest = sha256Digest(bytes);
    await expect(
      transfers(client).fetch({ digest, size: bytes.length, repositories: [good] }, {}),
    ).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(store.has(digest)).toBeUndefined();
  });

  it('lets nobody fail for want of a secret that others lack, however many of those came first', async () => {
    const bytes = randomBytes(1000);
    const asked: (string | undefined)[] = [];
    const client = {
      getBlob: async (_repository: Repository, _digest: string, { identity }: { identity?: string }) => {
        asked.push(identity);
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (identity !== 'mine') throw new CondockError('login-required', 'private');
        return bodyOf(bytes);
      },
    } as unknown as RegistryClient;
    const all = transfers(client);
    const request = { digest: sha256Digest(bytes), size: bytes.length, repositories: [good] };
    const strangers = [1, 2, 3].map(() => all.fetch(request, {}).catch((error: unknown) => error));
    await all.fetch(request, { identity: 'mine' });
    for (const failure of await Promise.all(strangers)) expect(failure).toMatchObject({ code: 'login-required' });
    // One for all, then one for each of the two kinds.
    expect(asked).toEqual([undefined, undefined, 'mine']);
  });

  it('asks for the manifest where a blob is absent, and then once more: pull-through caches fill on it', async () => {
    const bytes = randomBytes(1000);
    let filled = false;
    const { client, asked } = registry(() => (filled ? bodyOf(bytes) : undefined));
    const onAbsent = () => {
      filled = true;
      return Promise.resolve(true);
    };
    await transfers(client).fetch({ digest: sha256Digest(bytes), size: 1000, repositories: [good], onAbsent }, {});
    expect(asked).toHaveLength(2);
  });

  it('says that a blob which nobody has is absent', async () => {
    const { client } = registry(() => undefined);
    const request = { digest: sha256Digest(randomBytes(8)), size: 8, repositories: [good, other] };
    await expect(transfers(client).fetch(request, {})).rejects.toMatchObject({ code: 'absent' });
  });
});
