import { describe, expect, it } from 'vitest';
import { SingleFlight } from './single-flight.ts';

function deferred<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((r) => (resolve = r));
  return { promise, resolve };
}

describe('SingleFlight', () => {
  it('runs the work once for all who ask while it is under way, and anew afterwards', async () => {
    const flights = new SingleFlight<number>();
    const gate = deferred<number>();
    let runs = 0;
    const work = () => {
      runs += 1;
      return gate.promise;
    };
    const all = Promise.all([flights.run('a', work), flights.run('a', work), flights.run('a', work)]);
    gate.resolve(7);
    expect(await all).toEqual([7, 7, 7]);
    expect(runs).toBe(1);
    await flights.run('a', () => Promise.resolve(8));
    expect(flights.size).toBe(0);
  });

  it('aborts the work only when its last waiter has gone', async () => {
    const flights = new SingleFlight<number>();
    const seen: AbortSignal[] = [];
    const work = (signal: AbortSignal) => {
      seen.push(signal);
      return new Promise<number>((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('stopped'));
        });
      });
    };
    const one = new AbortController();
    const two = new AbortController();
    const first = flights.run('a', work, one.signal);
    const second = flights.run('a', work, two.signal);
    one.abort();
    await expect(first).rejects.toThrow();
    expect(seen[0]?.aborted).toBe(false);
    two.abort();
    await expect(second).rejects.toThrow();
    expect(seen[0]?.aborted).toBe(true);
    expect(flights.size).toBe(0);
  });
});
