import { encodeFrame, LIMITS } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualTimers } from '../../../../test/support/manual-timers.ts';
import { connectRawPeer, type RawPeer } from '../../../../test/support/raw-peer.ts';
import { startTestServer, type TestServer } from '../../../../test/support/test-server.ts';

describe('a peer that misbehaves loses its own connection and nothing else', () => {
  let daemon: TestServer;
  let good: RawPeer;
  const timers = createManualTimers();
  beforeEach(async () => {
    daemon = await startTestServer({ timers });
    good = await peer();
    await good.greet(daemon.server.registration);
  });
  afterEach(async () => {
    good.send({ id: 'still', method: 'daemon/ping', params: {} });
    expect(await good.answer('still')).toMatchObject({ result: {} });
    await daemon[Symbol.asyncDispose]();
  });
  const peer = () => connectRawPeer(daemon.server.registration.address);

  it.each([
    ['a body of 10 GiB announced', 'Content-Length: 10737418240\r\n\r\n{'],
    ['a header without an end', `X: ${'y'.repeat(2 * LIMITS.headerBytes)}`],
    ['garbage', '\u0000\u0001\u0002\r\n\r\n'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a body that is not JSON', 'Content-Length: 5\r\n\r\n{"a":'],
    ['a batch', encodeFrame('[{"jsonrpc":"2.0","id":1,"method":"daemon/ping"}]')],
    ['another JSON-RPC', encodeFrame('{"jsonrpc":"1.0","id":1,"method":"daemon/ping"}')],
    ['an id that is an object', encodeFrame('{"jsonrpc":"2.0","id":{},"method":"daemon/ping"}')],
    ['a length of nothing', 'Content-Length: 0\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} '],
    ['a negative length', 'Content-Length: -1\r\n\r\n'],
    ['more than a stranger may say', `Content-Length: ${String(LIMITS.unauthenticatedBytes + 1)}\r\n\r\n`],
  ])('%s', async (_, bytes) => {
    const bad = await peer();
    bad.write(bytes);
    await bad.closed;
    expect(bad.received).toEqual([]);
    expect(daemon.logged()).toMatch(/warn {2}\d+ connection broken/);
  });

  it('half a message is waited for, but not for ever', async () => {
    const bad = await peer();
    await bad.greet(daemon.server.registration);
    bad.write('Content-Length: 4000000\r\n\r\n{"jsonrpc');
    bad.send({});
    await settle(good);
    timers.pass(LIMITS.messageMs);
    await bad.closed;
  });

  it('a stranger who never greets is shown out', async () => {
    const bad = await peer();
    await settle(good);
    timers.pass(LIMITS.handshakeMs);
    await bad.closed;
  });

  it('a wrong proof is refused, and there is no second guess', async () => {
    const bad = await peer();
    const { registration } = daemon.server;
    await bad.greet({ ...registration, token: 'f'.repeat(64) });
    expect(await bad.answer('a')).toMatchObject({ error: { code: 1041, data: { code: 'denied' } } });
    await bad.closed;
  });

  it('nothing but the handshake is answered before the handshake', async () => {
    const bad = await peer();
    bad.send({ id: 1, method: 'cache/status', params: {} });
    expect(await bad.answer(1)).toMatchObject({ error: { data: { code: 'not-initialized' } } });
    bad.send({ id: 2, method: 'daemon/stop', params: { force: true } });
    expect(await bad.answer(2)).toMatchObject({ error: { data: { code: 'not-initialized' } } });
    expect(daemon.host.calls).toEqual([]);
    bad.socket.destroy();
  });

  it('of 10,000 requests at once every one is answered, those beyond the limit with too-large', async () => {
    const bad = await peer();
    await bad.greet(daemon.server.registration);
    const count = 10_000;
    for (let id = 0; id < count; id += 1) bad.send({ id, method: 'prefetch/run', params: {} });
    await bad.answer(count - 1);
    expect(daemon.server.status().jobs).toBeLessThanOrEqual(LIMITS.requestsInFlight);
    await until(() => daemon.host.running === LIMITS.requestsInFlight);
    daemon.host.release();
    await Promise.all(Array.from({ length: count }, (_, id) => bad.answer(id)));
    const refused = bad.received.filter((m) => m.error?.data?.code === 'too-large');
    expect(refused).toHaveLength(count - LIMITS.requestsInFlight);
    bad.socket.destroy();
  });

  it('one who cancels what does not stop can not pile up work by that', async () => {
    const stubborn = await startTestServer({ engine: { stubborn: true }, limits: { requestsInFlight: 2 } });
    const bad = await connectRawPeer(stubborn.server.registration.address);
    await bad.greet(stubborn.server.registration);
    for (let id = 0; id < 3; id += 1) {
      bad.send({ id, method: 'prefetch/run', params: {} });
      await until(() => stubborn.host.running === Math.min(id + 1, 2));
      bad.send({ method: '$/cancelRequest', params: { id } });
      expect(await bad.answer(id)).toMatchObject({ error: { data: { code: id < 2 ? 'cancelled' : 'too-large' } } });
    }
    bad.socket.destroy();
    await stubborn[Symbol.asyncDispose]();
  });

  it('one who does not read is cut off at a bound', async () => {
    const bad = await peer();
    await bad.greet(daemon.server.registration);
    bad.socket.pause();
    const path = 'x'.repeat(1024 * 1024);
    let sent = 0;
    while (daemon.server.status().clients === 2) {
      daemon.host.notify('env/didChange', { path }, 'c2');
      sent += 1;
      expect(sent).toBeLessThan(100);
      await settle(good);
    }
    expect(sent * path.length).toBeGreaterThan(LIMITS.unsentBytes / 2);
    bad.socket.destroy();
  });

  it('cancellations of nothing and answers to nothing are passed over', async () => {
    const bad = await peer();
    await bad.greet(daemon.server.registration);
    bad.send({ method: '$/cancelRequest' });
    bad.send({ method: '$/cancelRequest', params: { id: 99 } });
    bad.send({ id: 7, result: {} });
    bad.send({ method: 'no/such', params: [] });
    bad.send({ id: 1, method: 'daemon/ping' });
    expect(await bad.answer(1)).toMatchObject({ result: {} });
    bad.socket.destroy();
  });

  it('connections beyond the limit are refused, and room is made by one that leaves', async () => {
    const small = await startTestServer({ limits: { connections: 1 } });
    const { registration } = small.server;
    const first = await connectRawPeer(registration.address);
    await first.greet(registration);
    const second = await connectRawPeer(registration.address);
    await second.closed;
    first.socket.destroy();
    await until(() => small.server.status().clients === 0);
    const third = await connectRawPeer(registration.address);
    await third.greet(registration);
    third.socket.destroy();
    await small[Symbol.asyncDispose]();
  });

  /** A round trip: what was sent before it has been read. */
  async function settle(through: RawPeer): Promise<void> {
    const id = `settle ${String(through.received.length)}`;
    through.send({ id, method: 'daemon/ping', params: {} });
    await through.answer(id);
  }
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
