import { describe, expect, it } from 'vitest';
import { AnswerCache } from './answer-cache.ts';
import type { Answer } from './check-package.ts';
import type { PlannedPackage } from './planned-package.ts';

const planned = { origins: [], digest: 'sha256:00' } as unknown as PlannedPackage;
const answer = (state: Answer['state']): Answer => ({ state, digest: null, size: null, origin: null, source: null });

describe('AnswerCache', () => {
  it('repeats a good answer for ten minutes and a bad one for half a minute', () => {
    let now = 0;
    const cache = new AnswerCache(() => now);
    cache.set(planned, undefined, answer('available'));
    now = 599_000;
    expect(cache.get(planned, undefined)?.state).toBe('available');
    now = 601_000;
    expect(cache.get(planned, undefined)).toBeUndefined();
    cache.set(planned, undefined, answer('absent'));
    now += 31_000;
    expect(cache.get(planned, undefined)).toBeUndefined();
  });

  it('never repeats silence', () => {
    const cache = new AnswerCache(() => 0);
    cache.set(planned, undefined, answer('unreachable'));
    expect(cache.get(planned, undefined)).toBeUndefined();
  });

  it("keeps answers got with one client's secret from everybody else", () => {
    const cache = new AnswerCache(() => 0);
    cache.set(planned, 'mine', answer('available'));
    expect(cache.get(planned, undefined)).toBeUndefined();
    expect(cache.get(planned, 'mine')?.state).toBe('available');
  });
});
