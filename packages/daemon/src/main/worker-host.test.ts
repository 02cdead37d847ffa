import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext, EngineMethodName } from '../engine/engine-host.ts';
import { createWorkerHost, type WorkerHost } from './worker-host.ts';
import type { LogLine } from './worker-messages.ts';

/** A thread that does what the method says, in the words of worker-messages.ts. */
const THREAD = `
const { parentPort, threadId } = require('node:worker_threads');
const send = (message) => parentPort.postMessage(message);
parentPort.on('message', ({ type, id, method, connection }) => {
  if (type === 'cancel') send({ type: 'error', id, error: { code: 'cancelled', message: 'Stopped.' } });
  if (type === 'connection-closed') send({ type: 'log', line: { level: 'info', message: 'closed ' + connection } });
  if (type === 'dispose') send({ type: 'disposed' });
  if (type !== 'call') return;
  if (method === 'thread') send({ type: 'result', id, result: threadId });
  if (method === 'refuse') send({ type: 'error', id, error: { code: 'absent', message: 'Not there.', hint: 'Look.' } });
  if (method === 'notify') {
    send({ type: 'notification', name: 'env/didChange', params: { path: '/e' }, connection });
    send({ type: 'progress', id, value: { kind: 'begin', title: 'Work' } });
    send({ type: 'busy', busy: true });
    send({ type: 'result', id, result: {} });
  }
  if (method === 'exit') process.exit(3);
  if (method === 'throw') throw new Error('broken on purpose');
});
`;

describe('the engine in a thread', () => {
  let host: WorkerHost;
  let threads: Worker[];
  let logged: LogLine[];
  let busy: boolean[];
  beforeEach(() => {
    threads = [];
    logged = [];
    busy = [];
    host = createWorkerHost({
      start: () => {
        const thread = new Worker(THREAD, { eval: true });
        threads.push(thread);
        return thread;
      },
      log: (line) => logged.push(line),
      busy: (now) => busy.push(now),
    });
  });
  afterEach(() => host[Symbol.asyncDispose]());

  const call = (method: string, context: Partial<CallContext> = {}): Promise<unknown> =>
    host.call(
      method as EngineMethodName,
      {},
      {
        signal: new AbortController().signal,
        progress: () => undefined,
        connection: 'c1',
        ...context,
      },
    );

  it('is started by the first call, or ahead of it, and once', async () => {
    expect(threads).toHaveLength(0);
    host.warmUp();
    expect(await call('thread')).toBe(await call('thread'));
    expect(threads).toHaveLength(1);
  });

  it('passes on progress, notifications, refusals and closed connections', async () => {
    const heard: unknown[] = [];
    host.onNotification((name, params, connection) => heard.push({ name, params, connection }));
    const progress: unknown[] = [];
    await call('notify', { progress: (value) => progress.push(value) });
    expect(heard).toEqual([{ name: 'env/didChange', params: { path: '/e' }, connection: 'c1' }]);
    expect(progress).toEqual([{ kind: 'begin', title: 'Work' }]);
    expect(busy).toEqual([true]);
    await expect(call('refuse')).rejects.toMatchObject({ code: 'absent', hint: 'Look.' });
    host.connectionClosed('c9');
    await call('thread');
    expect(logged).toEqual([{ level: 'info', message: 'closed c9' }]);
  });

  it('answers a call that is cancelled, before it was sent or after', async () => {
    const controller = new AbortController();
    const after = call('wait', { signal: controller.signal });
    controller.abort();
    await expect(after).rejects.toMatchObject({ code: 'cancelled' });
    await expect(call('wait', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    ['exit', /exit code 3/],
    ['throw', /broken on purpose/],
  ])('fails its calls where it ends by %s, keeps nothing busy, and the next call starts another', async (end, says) => {
    await call('notify');
    const waiting = call('wait');
    const ending = expect(call(end)).rejects.toMatchObject({ code: 'internal' });
    await expect(waiting).rejects.toMatchObject({ code: 'internal', message: expect.stringMatching(says) as string });
    await ending;
    expect(busy.at(-1)).toBe(false);
    expect(await call('thread')).toBe(threads[1]?.threadId);
  });

  it("does not fail its successor's calls when it ends at last", async () => {
    const first = call('throw').catch(() => call('thread'));
    const gone = new Promise((resolve) => threads[0]?.once('exit', resolve));
    const second = await first;
    await gone;
    expect(second).toBe(threads[1]?.threadId);
    expect(threads).toHaveLength(2);
  });

  it('disposes of the engine before it ends the thread, and starts none to end it', async () => {
    await host[Symbol.asyncDispose]();
    expect(threads).toHaveLength(0);
    await call('thread');
    await host[Symbol.asyncDispose]();
    expect(threads[0]?.threadId).toBe(-1);
  });
});
