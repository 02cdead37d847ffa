import { describe, expect, it } from 'vitest';
import { createFairStart } from './fair-start.ts';

function setup() {
  const deferred: (() => void)[] = [];
  const begun: string[] = [];
  const fair = createFairStart((callback) => deferred.push(callback));
  return {
    begun,
    ask: (lane: string, name: string) => fair.begin(lane, () => begun.push(name)),
    turn: () => {
      for (const callback of deferred.splice(0)) callback();
    },
    turns: () => deferred.length,
  };
}

describe('work that begins fairly', () => {
  it('begins at once where nothing else does, and one piece a turn', () => {
    const { ask, begun, turn, turns } = setup();
    ask('a', 'a1');
    expect(begun).toEqual(['a1']);
    ask('a', 'a2');
    ask('a', 'a3');
    expect(begun).toEqual(['a1']);
    turn();
    expect(begun).toEqual(['a1', 'a2']);
    turn();
    turn();
    expect(turns()).toBe(0);
    ask('a', 'a4');
    expect(begun).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('lets nobody wait for more than one piece of each other', () => {
    const { ask, begun, turn } = setup();
    for (let n = 0; n < 1000; n += 1) ask('greedy', `greedy ${n}`);
    ask('a', 'a1');
    ask('b', 'b1');
    ask('a', 'a2');
    for (let n = 0; n < 6; n += 1) turn();
    expect(begun).toEqual(['greedy 0', 'greedy 1', 'a1', 'b1', 'greedy 2', 'a2', 'greedy 3']);
  });

  it('never begins what was taken back, and says when that came too late', () => {
    const { ask, begun, turn, turns } = setup();
    const first = ask('a', 'a1');
    const second = ask('a', 'a2');
    const third = ask('b', 'b1');
    expect([first(), second(), second(), third()]).toEqual([false, true, false, true]);
    turn();
    turn();
    expect(begun).toEqual(['a1']);
    expect(turns()).toBe(0);
  });
});
