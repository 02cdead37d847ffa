import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type Column, layTable } from './table.ts';

const columns: Column[] = [
  { title: 'NAME' },
  { title: 'SIZE', align: 'right' },
  { title: 'REFERENCE', shrink: 1, cutFront: true, optional: 1 },
  { title: 'STATE' },
];
const rows = [
  ['zlib', '93 kB', 'oci://127.0.0.1:5000/conda-forge/linux-64/zlib:1.2.11-0', 'cached'],
  ['ライブラリ', '1 B', 'oci://x/y', 'absent'],
];
const plain = (s: string) => s;

describe('layTable', () => {
  it('keeps everything where there is room', () => {
    const lines = layTable(columns, rows, Infinity, plain);
    expect(lines[1]).toContain('oci://127.0.0.1:5000/conda-forge/linux-64/zlib:1.2.11-0');
    expect(lines[1]?.indexOf('cached')).toBe(lines[0]?.indexOf('STATE'));
  });

  it('fits every line in a narrow terminal and keeps the telling end of a reference', () => {
    const lines = layTable(columns, rows, 50, plain);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(50);
    expect(lines[1]).toContain('…');
    expect(lines[1]).toContain('zlib:1.2.11-0');
  });

  it('leaves out what is optional where even that is not enough', () => {
    const lines = layTable(columns, rows, 30, plain);
    expect(lines[0]).not.toContain('REFERENCE');
    expect(lines[1]).toContain('cached');
  });

  it('spells out control characters, which would break lines and drive the terminal', () => {
    const lines = layTable(columns, [['evil\x1b[2J\n', '1 B', 'x', 'absent']], 80, plain);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('evil\\x1b[2J\\x0a');
  });

  it('aligns wide characters by their width on screen', () => {
    const lines = layTable(columns, rows, Infinity, plain);
    const at = (line: string | undefined, word: string) =>
      stringWidth((line ?? '').slice(0, (line ?? '').indexOf(word)));
    expect(at(lines[2], 'absent')).toBe(at(lines[1], 'cached'));
  });
});
