import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../../test/support/manual-timers.ts';
import { encodeFrame } from './framing.ts';
import { LIMITS } from './limits.ts';
import { createMessageStreams, type MessageStreamOptions, type RpcMessage } from './message-streams.ts';

function setUp(options: Partial<MessageStreamOptions> = {}) {
  const timers = createManualTimers();
  const stream = new Duplex({ read: () => undefined, write: () => undefined, highWaterMark: 100 });
  const streams = createMessageStreams(stream, {
    read: { headerBytes: 100, bodyBytes: 1000 },
    writeBytes: 1000,
    timers,
    ...options,
  });
  const messages: RpcMessage[] = [];
  const errors: string[] = [];
  streams.reader.onError((error) => errors.push(error.message));
  streams.reader.listen((message) => messages.push(message));
  const arrive = async (text: string) => {
    stream.push(text);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { timers, stream, streams, messages, errors, arrive };
}
const ping = { jsonrpc: '2.0', id: 1, method: 'daemon/ping' };

describe('createMessageStreams', () => {
  it('ends a connection that leaves a message unfinished, but not one that is always in the middle of the next', async () => {
    const { timers, stream, messages, arrive } = setUp();
    const frame = encodeFrame(JSON.stringify(ping));
    await arrive(frame.slice(0, 30));
    for (let n = 0; n < 4; n += 1) {
      timers.pass(LIMITS.messageMs - 1);
      await arrive(frame.slice(30) + frame.slice(0, 30));
    }
    expect(messages).toHaveLength(4);
    expect(stream.destroyed).toBe(false);
    timers.pass(LIMITS.messageMs);
    expect(stream.destroyed).toBe(true);
  });

  it('refuses to write what is too large, and says so once', async () => {
    const { streams, stream } = setUp();
    const large = { ...ping, params: 'ä'.repeat(600) };
    await expect(streams.writer.write(large)).rejects.toMatchObject({ code: 'too-large' });
    expect(streams.takeRefusal()).toMatchObject({ code: 'too-large' });
    expect(streams.takeRefusal()).toBeUndefined();
    expect(stream.writableLength).toBe(0);
  });

  it('reads no further while its own words are not read, where that was asked for', async () => {
    const { streams, stream } = setUp({ waitForPeer: true });
    await streams.writer.write({ ...ping, params: 'x'.repeat(200) } as RpcMessage);
    expect(stream.isPaused()).toBe(true);
    expect(streams.keepsUp()).toBe(false);
    const other = setUp();
    await other.streams.writer.write({ ...ping, params: 'x'.repeat(200) } as RpcMessage);
    expect(other.stream.isPaused()).toBe(false);
  });

  it('reports why it ended, and writes no more', async () => {
    const { streams, stream, errors, arrive } = setUp();
    await arrive(encodeFrame('[]'));
    expect(stream.destroyed).toBe(true);
    expect(errors[0]).toMatch(/batches/);
    await expect(streams.writer.write(ping)).rejects.toThrow();
  });
});
