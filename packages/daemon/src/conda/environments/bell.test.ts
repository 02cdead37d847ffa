import type { Timers } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { createBell } from './bell.ts';

/** Time that passes when it is told to. */
function manualTimers(): Timers & { pass: (milliseconds: number) => void } {
  let now = 0;
  let pending: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    after: (milliseconds, callback) => {
      const one = { at: now + milliseconds, callback };
      pending.push(one);
      return () => {
        pending = pending.filter((other) => other !== one);
      };
    },
    pass: (milliseconds) => {
      now += milliseconds;
      const due = pending.filter(({ at }) => at <= now);
      pending = pending.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
}

function bell() {
  const timers = manualTimers();
  let told = 0;
  const { ring, silence } = createBell(() => (told += 1), { quietMs: 200, patienceMs: 1000, timers });
  return { ring, silence, pass: timers.pass, told: () => told };
}

describe('a bell', () => {
  it('tells of a burst once, when it is over', () => {
    const { ring, pass, told } = bell();
    for (let i = 0; i < 4; i += 1) {
      ring();
      pass(100);
    }
    expect(told()).toBe(0);
    pass(100);
    expect(told()).toBe(1);
    pass(5000);
    expect(told()).toBe(1);
  });

  it('tells now and then of one that does not end', () => {
    const { ring, pass, told } = bell();
    for (let i = 0; i < 25; i += 1) {
      ring();
      pass(100);
    }
    expect(told()).toBe(2);
  });

  it('tells nothing any more once it is silenced', () => {
    const { ring, silence, pass, told } = bell();
    ring();
    silence();
    ring();
    pass(5000);
    expect(told()).toBe(0);
  });
});
