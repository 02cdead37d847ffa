import { describe, expect, it } from 'vitest';
import { layoutTreemap } from './treemap-layout.ts';

const sized = (name: string, bytes: number) => ({ name, version: '1', bytes, state: 'cached', stateLabel: 'Cached' });

describe('the picture by size', () => {
  it('gives areas in proportion, the largest first, all inside', () => {
    const tiles = layoutTreemap([sized('small', 100), sized('big', 800), sized('mid', 300)], 600, 400);
    expect(tiles.map((tile) => tile.package.name)).toEqual(['big', 'mid', 'small']);
    const [big, mid] = tiles.map(({ width, height }) => width * height);
    expect((big ?? 0) / (mid ?? 1)).toBeGreaterThan(2.4);
    expect((big ?? 0) / (mid ?? 1)).toBeLessThan(2.9);
    for (const { x, y, width, height } of tiles) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(600);
      expect(y + height).toBeLessThanOrEqual(400);
    }
  });

  it('leaves out what has no size, and is empty where there is no room', () => {
    expect(layoutTreemap([sized('none', 0)], 10, 10)).toEqual([]);
    expect(layoutTreemap([sized('one', 1)], 0, 10)).toEqual([]);
  });
});
