import { describe, expect, it } from 'vitest';
import { EnvironmentWatches } from './environment-watches.ts';

function setup() {
  const started: string[] = [];
  const closed: string[] = [];
  const told: string[] = [];
  const changes = new Map<string, () => void>();
  const watches = new EnvironmentWatches(
    (path, onChange) => {
      started.push(path);
      changes.set(path, onChange);
      return Promise.resolve({ close: () => Promise.resolve(void closed.push(path)) });
    },
    (path, connection) => told.push(`${connection}:${path}`),
  );
  return { watches, started, closed, told, change: (path: string) => changes.get(path)?.() };
}

describe('EnvironmentWatches', () => {
  it('watches a path once for all connections and tells each of them', async () => {
    const { watches, started, told, change } = setup();
    await watches.add('/a', 'one');
    await watches.add('/a', 'two');
    change('/a');
    expect(started).toEqual(['/a']);
    expect(told).toEqual(['one:/a', 'two:/a']);
  });

  it('ends a watch with its last connection', async () => {
    const { watches, closed } = setup();
    await watches.add('/a', 'one');
    await watches.add('/a', 'two');
    await watches.add('/b', 'two');
    await watches.connectionClosed('two');
    expect(closed).toEqual(['/b']);
    await watches.remove('/a', 'one');
    expect(closed).toEqual(['/b', '/a']);
  });
});
