import { describe, expect, it } from 'vitest';
import { addMarked, MARK, type MarkedEntry, removeMarked } from './marked-lines.ts';

const entry: MarkedEntry = {
  header: '[mirrors]',
  isHeader: (line) => line.startsWith('[mirrors]'),
  key: '"a" =',
  line: '"a" = ["b"]',
};
const other: MarkedEntry = { ...entry, key: '"ab" =', line: '"ab" = ["d"]' };

describe('lines that Condock adds to a configuration', () => {
  it.each(['', 'x = 1\n', '[mirrors]\n"own" = ["one"]\n\n[other]\ny = 2\n', '# only a comment\n'])(
    'leave %j as it was when they are taken back',
    (text) => {
      const added = addMarked(text, entry);
      expect(added).toContain(`"a" = ["b"]  ${MARK}`);
      expect(removeMarked(added)).toBe(text);
    },
  );

  it('go below the table that is there, not into a second one', () => {
    const added = addMarked('[mirrors]\n"own" = ["one"]\n', entry);
    expect(added.split('[mirrors]')).toHaveLength(2);
    expect(added.split('\n')[1]).toBe(`"a" = ["b"]  ${MARK}`);
  });

  it('stand once, however often they are added', () => {
    const once = addMarked('x = 1\n', entry);
    expect(addMarked(once, entry)).toBe(once);
  });

  it('replace those of another address', () => {
    const before = addMarked('x = 1\n', entry);
    const after = addMarked(before, { ...entry, line: '"a" = ["c"]' });
    expect(after).not.toContain('"b"');
    expect(removeMarked(after)).toBe('x = 1\n');
  });

  it.each(['', 'x = 1\n', '[mirrors]\n"own" = ["one"]\n'])('are kept apart by their keys, in %j', (text) => {
    const both = addMarked(addMarked(text, entry), other);
    expect(both).toContain(entry.line);
    expect(both).toContain(other.line);
    expect(addMarked(both, entry)).toBe(both);
    expect(removeMarked(both, other)).toBe(addMarked(text, entry));
    expect(removeMarked(removeMarked(both, entry), other)).toBe(text);
    expect(removeMarked(both)).toBe(text);
  });
});
