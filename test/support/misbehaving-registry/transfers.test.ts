import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from './ask.ts';
import {
  changeLength,
  cutAnswer,
  cutUpload,
  ignoreRange,
  type MisbehavingRegistry,
  refuseRange,
  shiftRange,
  stallAnswer,
  startMisbehavingRegistry,
  wrongBytes,
  wrongContentDigest,
  wrongLength,
} from './index.ts';

const bytes = randomBytes(10_000);

describe('transfers of the misbehaving registry', () => {
  let registry: MisbehavingRegistry;
  let url: string;
  beforeEach(async () => {
    registry = await startMisbehavingRegistry();
    const { digest } = await registry.content.addBlob('a/b', bytes);
    url = `${registry.url}/v2/a/b/blobs/${digest}`;
  });
  afterEach(() => registry.stop());

  it('are honest without a behaviour', async () => {
    const answer = await ask(url, { headers: { range: 'bytes=10-19' } });
    expect(answer).toMatchObject({ status: 206, broken: false, body: bytes.subarray(10, 20) });
    expect(registry.requests).toMatchObject([{ kind: 'blob', repository: 'a/b', method: 'GET', status: 206 }]);
  });

  it('are cut once or always after exactly so many bytes', async () => {
    registry.use(cutAnswer({ after: 1234, on: { times: 1 } }));
    expect(await ask(url)).toMatchObject({ broken: true, body: bytes.subarray(0, 1234) });
    expect(await ask(url)).toMatchObject({ broken: false, body: bytes });
    registry.use(cutAnswer({ after: 0 }));
    expect(await ask(url)).toMatchObject({ status: 200, broken: true, body: Buffer.alloc(0) });
    expect(await ask(url)).toMatchObject({ broken: true });
  });

  it('stall with the line open, and stopping ends them', async () => {
    registry.use(stallAnswer({ after: 500 }));
    expect((await ask(url, { readOnly: 500 })).body).toEqual(bytes.subarray(0, 500));
    const waiting = ask(url);
    await expect.poll(() => registry.requests[1]?.status).toBe(200);
    await registry.stop();
    await expect(waiting).resolves.toMatchObject({ broken: true });
  });

  it('bring wrong bytes of the right length', async () => {
    registry.use(wrongBytes({ at: 7 }));
    const { body } = await ask(url);
    expect(body.length).toBe(bytes.length);
    expect([...body.keys()].filter((at) => body[at] !== bytes[at])).toEqual([7]);
  });

  it.each([5, -5])('claim a length that is wrong by %d', async (by) => {
    registry.use(wrongLength({ by }));
    const answer = await ask(url);
    expect(answer.headers['content-length']).toBe(String(bytes.length + by));
    expect(answer).toMatchObject({ broken: by > 0, body: bytes.subarray(0, bytes.length + Math.min(0, by)) });
  });

  it('name another digest', async () => {
    registry.use(wrongContentDigest());
    const lie = { 'docker-content-digest': `sha256:${'0'.repeat(64)}` };
    expect(await ask(url)).toMatchObject({ headers: lie, body: bytes });
    expect(await ask(url, { method: 'HEAD' })).toMatchObject({ headers: lie });
  });

  it('ignore, refuse or shift ranges', async () => {
    const headers = { range: 'bytes=100-' };
    using ignoring = registry.use(ignoreRange());
    expect(await ask(url, { headers })).toMatchObject({ status: 200, body: bytes });
    expect(registry.requests[0]?.headers.range).toBe('bytes=100-');
    ignoring[Symbol.dispose]();
    const refusing = registry.use(refuseRange());
    expect(await ask(url, { headers })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */0' } });
    expect(await ask(url)).toMatchObject({ status: 200 });
    refusing[Symbol.dispose]();
    registry.use(shiftRange({ by: -1 }));
    const shifted = await ask(url, { headers });
    expect(shifted.headers['content-range']).toBe(`bytes 99-9999/${String(bytes.length)}`);
    expect(shifted.body).toEqual(bytes.subarray(99));
  });

  it('change their length between two requests', async () => {
    registry.use(changeLength({ by: 3 }));
    expect((await ask(url)).body).toEqual(bytes);
    expect((await ask(url)).body.length).toBe(bytes.length + 3);
    const part = await ask(url, { headers: { range: 'bytes=10-' } });
    expect(part.headers['content-range']).toBe('bytes 10-10002/10003');
    expect(part.body.length).toBe(9_993);
  });

  it('of uploads are cut, and what came is kept', async () => {
    registry.use(cutUpload({ after: 40_000, on: { method: 'PATCH', times: 1 } }));
    const session = (await ask(`${registry.url}/v2/a/b/blobs/uploads/`, { method: 'POST' })).headers.location;
    const place = `${registry.url}${String(session)}`;
    const body = randomBytes(90_000);
    await expect(ask(place, { method: 'PATCH', body })).rejects.toThrow();
    await expect.poll(async () => (await ask(place)).headers.range).toBe('0-39999');
    const rest = body.subarray(40_000);
    expect(await ask(place, { method: 'PATCH', body: rest })).toMatchObject({ status: 202 });
    expect((await ask(place)).headers.range).toBe('0-89999');
  });

  it('leave every byte of every request in the record', async () => {
    const headers = { authorization: `Basic ${Buffer.from('me:hunter2').toString('base64')}` };
    await ask(url, { headers });
    expect(registry.bytesSeen().toString()).toContain(`authorization: ${headers.authorization}`);
    expect(registry.leaksOf('hunter2', 'me')).toContain('basic');
    expect(registry.leaksOf('hunter2')).toEqual(['base64']);
    expect(registry.leaksOf('hunger2', 'me')).toEqual([]);
    await ask(`${url}?x=a%2Fb%20c`);
    expect(registry.leaksOf('a/b c')).toEqual(['percent-encoded']);
  });
});
