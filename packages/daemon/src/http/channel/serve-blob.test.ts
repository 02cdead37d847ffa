import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Digest } from '../../oci/digest.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { TemporaryStores } from '../../store/testing/temporary-store.ts';
import { type Fetch, serveStored, serveWhileFetching } from './serve-blob.ts';

/** Larger than what is held back until all is verified. */
const BLOB = Buffer.alloc(300_000, 'conda');
const DIGEST = sha256Digest(BLOB);
const ETAG = `"${DIGEST}"`;
const FACTS = { digest: DIGEST, size: BLOB.length, contentType: 'application/octet-stream' };

describe('blobs of the loopback channel', () => {
  let stores: TemporaryStores;
  let store: BlobStore;
  let server: Server;
  let url: string;
  let handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;

  beforeEach(async () => {
    stores = new TemporaryStores();
    store = stores.open();
    server = createServer((request, response) => {
      handle(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await stores[Symbol.asyncDispose]();
  });

  const keep = async (): Promise<void> => {
    const ingest = await store.begin(DIGEST, BLOB.length);
    await ingest.write(BLOB);
    await ingest.commit();
  };
  const ask = (headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers });
  const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());

  describe('that the store has', () => {
    beforeEach(async () => {
      await keep();
      handle = (request, response) => serveStored(request, response, FACTS, store);
    });

    it('come whole, with their digest as ETag', async () => {
      const answer = await ask();
      expect(answer.headers.get('etag')).toBe(ETAG);
      expect(answer.headers.get('accept-ranges')).toBe('bytes');
      expect((await bytesOf(answer)).equals(BLOB)).toBe(true);
    });

    it.each([ETAG, `W/${ETAG}`, `"x", ${ETAG}`, '*'])('are not sent again to who has them: %s', async (tag) => {
      const answer = await ask({ 'If-None-Match': tag });
      expect(answer.status).toBe(304);
      expect((await bytesOf(answer)).length).toBe(0);
    });

    it.each([
      ['bytes=0-9', 0, 10],
      ['bytes=299990-', 299_990, 300_000],
      ['bytes=-5', 299_995, 300_000],
      ['bytes=299000-999999', 299_000, 300_000],
    ])('come in the part that is asked for: %s', async (range, start, end) => {
      const answer = await ask({ Range: range });
      expect(answer.status).toBe(206);
      expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${BLOB.length}`);
      expect((await bytesOf(answer)).equals(BLOB.subarray(start, end))).toBe(true);
    });

    it('are refused beyond their end', async () => {
      const answer = await ask({ Range: 'bytes=300000-' });
      expect(answer.status).toBe(416);
      expect(answer.headers.get('content-range')).toBe('bytes */300000');
    });

    it('come whole where the part was of another version', async () => {
      const other = await ask({ Range: 'bytes=5-', 'If-Range': '"other"' });
      expect(other.status).toBe(200);
      expect((await bytesOf(other)).length).toBe(BLOB.length);
      expect((await ask({ Range: 'bytes=5-', 'If-Range': ETAG })).status).toBe(206);
    });

    it('are described without a body', async () => {
      const answer = await ask({}, 'HEAD');
      expect(answer.headers.get('content-length')).toBe('300000');
      expect((await bytesOf(answer)).length).toBe(0);
    });
  });

  describe('that come while they are served', () => {
    let fetches: number;
    const serve = (fetch: Fetch) => {
      fetches = 0;
      handle = (request, response) =>
        serveWhileFetching(
          request,
          response,
          FACTS,
          (onChunk) => {
            fetches += 1;
            return fetch(onChunk);
          },
          store,
        );
    };
    const inPieces = (onChunk: Parameters<Fetch>[0], from = 0): void => {
      for (let at = from; at < BLOB.length; at += 50_000) onChunk(at, BLOB.subarray(at, at + 50_000));
    };

    it('begin before the transfer ends, and end after it was verified', async () => {
      let finish: () => void = () => undefined;
      const finished = new Promise<void>((resolve) => (finish = resolve));
      serve(async (onChunk) => {
        inPieces(onChunk);
        await finished;
        await keep();
      });
      const answer = await ask();
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      let received = 0;
      const read = async (): Promise<boolean> => {
        const { done, value } = await reader.read();
        received += value?.length ?? 0;
        return !done;
      };
      while (received < BLOB.length - 64 * 1024) await read();
      // The end is held back until all of it is known to be right.
      expect(received).toBe(BLOB.length - 64 * 1024);
      finish();
      while (await read());
      expect(received).toBe(BLOB.length);
    });

    it('never come complete where the transfer turns out to be wrong', async () => {
      serve((onChunk) => {
        inPieces(onChunk);
        return Promise.reject(new Error('other bytes'));
      });
      await expect(ask().then(bytesOf)).rejects.toThrow();
    });

    it('are cut where the transfer began again after bytes had been sent', async () => {
      serve(async (onChunk) => {
        onChunk(0, Buffer.alloc(100_000, 'wrong'));
        inPieces(onChunk);
        await keep();
      });
      await expect(ask().then(bytesOf)).rejects.toThrow();
    });

    it('come from the store where this reader joined a transfer that was half done', async () => {
      serve(async (onChunk) => {
        inPieces(onChunk, 150_000);
        await keep();
      });
      expect((await bytesOf(await ask())).equals(BLOB)).toBe(true);
    });

    it('come in the part that was asked for, once they are whole', async () => {
      serve(async (onChunk) => {
        inPieces(onChunk);
        await keep();
      });
      const answer = await ask({ Range: 'bytes=10-19' });
      expect(answer.status).toBe(206);
      expect((await bytesOf(answer)).equals(BLOB.subarray(10, 20))).toBe(true);
    });

    it('are described without being fetched', async () => {
      serve(() => Promise.reject(new Error('nobody asked for bytes')));
      expect((await ask({}, 'HEAD')).headers.get('etag')).toBe(ETAG);
      expect(fetches).toBe(0);
    });
  });
});
