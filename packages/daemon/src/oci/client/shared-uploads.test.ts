import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { sha256Digest } from '../digest.ts';
import type { UploadOptions, UploadResult, UploadSource } from '../registry-client.ts';
import { shareUploads } from './shared-uploads.ts';

const repository = { host: 'r.example', name: 'a/b' };
const digest = sha256Digest(Buffer.from('{}'));
const open = (): AsyncIterable<Uint8Array> => Readable.from([]) as AsyncIterable<Uint8Array>;
const source: UploadSource = { size: 2, digest, open };

/** Uploads that end when the test says so. */
function manualUploads() {
  const calls: { options: UploadOptions; end: (failure?: Error) => void }[] = [];
  const upload = shareUploads(
    (_repository, _source, options = {}) =>
      new Promise<UploadResult>((resolve, reject) => {
        const end = (failure?: Error): void => {
          if (failure === undefined) resolve({ digest, size: 2, moved: 'uploaded' });
          else reject(failure);
        };
        calls.push({ options, end });
      }),
  );
  return { calls, upload };
}

describe('shareUploads', () => {
  it('uploads a blob once for all who bring it to a repository, and says to the others that it is present', async () => {
    const { calls, upload } = manualUploads();
    const all = [upload(repository, source), upload(repository, source), upload(repository, source)];
    expect(calls.length).toBe(1);
    calls[0]!.end();
    expect((await Promise.all(all)).map((r) => r.moved)).toEqual(['uploaded', 'present', 'present']);
    void upload(repository, source);
    expect(calls.length).toBe(2);
  });

  it('keeps other repositories, other identities and blobs of unknown digest apart', () => {
    const { calls, upload } = manualUploads();
    void upload(repository, source);
    void upload({ ...repository, name: 'a/c' }, source);
    void upload(repository, source, { identity: 'somebody' });
    void upload(repository, { size: 2, open });
    void upload(repository, { size: 2, open });
    expect(calls.length).toBe(5);
  });

  it('goes on for those who wait when the one that began it leaves, who hears no more of it', async () => {
    const { calls, upload } = manualUploads();
    const controller = new AbortController();
    const heard: number[] = [];
    const began = upload(repository, source, { signal: controller.signal, onProgress: (sent) => heard.push(sent) });
    const waits = upload(repository, source);
    calls[0]!.options.onProgress?.(1);
    controller.abort();
    await expect(began).rejects.toMatchObject({ code: 'cancelled' });
    calls[0]!.options.onProgress?.(2);
    expect(calls[0]!.options.signal?.aborted).toBe(false);
    calls[0]!.end();
    expect((await waits).moved).toBe('present');
    expect(heard).toEqual([1]);
  });

  it('lets those who waited in vain upload their own', async () => {
    const { calls, upload } = manualUploads();
    const began = upload(repository, source);
    const waits = upload(repository, source);
    calls[0]!.end(new Error('the file has changed'));
    await expect(began).rejects.toThrow('the file has changed');
    await expect.poll(() => calls.length).toBe(2);
    calls[1]!.end();
    expect((await waits).moved).toBe('uploaded');
  });
});
