import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createInstantClock } from '../testing/instant-clock.ts';
import { createHostGate, type Priority } from './budget.ts';

describe('createHostGate', () => {
  const gateOf = (connections: number, readsPerMinute?: number) => {
    const clock = createInstantClock();
    const rates = readsPerMinute === undefined ? undefined : { readsPerMinute, writesPerMinute: 10 };
    return { clock, gate: createHostGate({ connections, rates, clock }) };
  };

  it('lets so many in at once, and the next one as soon as one leaves', async () => {
    const { gate } = gateOf(2);
    const leave = await gate.enter('read', 'interactive');
    await gate.enter('read', 'interactive');
    let entered = false;
    const third = Promise.resolve(gate.enter('read', 'interactive')).then(() => (entered = true));
    await setImmediate();
    expect(entered).toBe(false);
    leave();
    leave();
    await third;
    const fourth = Promise.resolve(gate.enter('read', 'interactive')).then(() => 'in');
    // Leaving twice counts once.
    expect(await Promise.race([fourth, setImmediate('waits')])).toBe('waits');
  });

  it('takes interactive requests before background ones that came earlier, and keeps them some connections', async () => {
    const { gate } = gateOf(16);
    const leaves: (() => void)[] = [];
    for (let i = 0; i < 14; i += 1) leaves.push(await gate.enter('read', 'background'));
    const order: string[] = [];
    const wait = (name: string, priority: Priority) =>
      Promise.resolve(gate.enter('read', priority)).then(() => order.push(name));
    const waiting = [wait('background', 'background')];
    await setImmediate();
    expect(order).toEqual([]);
    waiting.push(
      wait('interactive', 'interactive'),
      wait('interactive', 'interactive'),
      wait('interactive', 'interactive'),
    );
    await setImmediate();
    expect(order).toEqual(['interactive', 'interactive']);
    for (const leave of leaves) leave();
    await Promise.all(waiting);
    expect(order).toEqual(['interactive', 'interactive', 'interactive', 'background']);
  });

  it('never lets more than its rate pass in any minute', async () => {
    const { gate, clock } = gateOf(1000, 600);
    const times: number[] = [];
    for (let i = 0; i < 1500; i += 1) {
      (await gate.enter('read', 'interactive'))();
      times.push(clock.now());
    }
    for (const [index, time] of times.entries()) {
      const inMinute = times.slice(index).findIndex((t) => t >= time + 60_000);
      if (inMinute >= 0) expect(inMinute).toBeLessThanOrEqual(600);
    }
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(120_000);
  });

  it('lets nobody in while a pause lasts', async () => {
    const { gate, clock } = gateOf(4);
    gate.pause(5000);
    const before = clock.now();
    await gate.enter('write', 'interactive');
    expect(clock.now() - before).toBeGreaterThanOrEqual(5000);
  });

  it('forgets who has stopped waiting', async () => {
    const { gate } = gateOf(1);
    const leave = await gate.enter('read', 'interactive');
    const controller = new AbortController();
    const gone = gate.enter('read', 'interactive', controller.signal);
    controller.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    leave();
    await gate.enter('read', 'interactive');
  });
});
