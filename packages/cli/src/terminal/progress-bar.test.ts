import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ProgressBar } from './progress-bar.ts';
import type { Terminal } from './terminal.ts';

function setup(canRedraw: boolean, errColumns = 80) {
  const err = new PassThrough();
  const terminal: Terminal = { out: new PassThrough(), err, columns: 80, canRedraw, errColumns, color: false };
  let now = 0;
  const bar = new ProgressBar(terminal, () => now);
  return { bar, tick: (ms: number) => (now += ms), written: () => String(err.read() ?? '') };
}

describe('ProgressBar', () => {
  it('writes nothing where it could not be drawn over', () => {
    const { bar, written } = setup(false);
    bar.report({ kind: 'begin', title: 'Prefetch', total: { bytes: 10, packages: 1 } });
    bar.report({ kind: 'end' });
    expect(written()).toBe('');
  });

  it('shows packages, bytes and rate on one line, and clears it at the end', () => {
    const { bar, tick, written } = setup(true);
    bar.report({ kind: 'begin', title: 'Prefetch', total: { bytes: 10_000, packages: 4 } });
    tick(1000);
    bar.report({ kind: 'report', done: { bytes: 5000, packages: 2 }, total: { bytes: 10_000, packages: 4 } });
    const text = written();
    expect(text).toContain('2/4');
    expect(text).toContain('5.0 kB of 10 kB, 5.0 kB/s');
    expect(text).not.toContain('\n');
    bar.report({ kind: 'end' });
    expect(written()).toBe('\r\x1b[2K');
  });

  it('cuts a long title before how far it has come, and keeps a bar', () => {
    for (const [columns, shown] of [
      [80, /^[━─]{8} {2}Publish 5 packages to oci:\/\/127\.0\.0\.1:34903\/q… {2}3\/5 {2}1\.0 kB of 2\.0 kB$/],
      [50, /^[━─]{0,9} *Publish 5 packa… {2}3\/5 {2}1\.0 kB of 2\.0 kB$/],
    ] as const) {
      const { bar, tick, written } = setup(true, columns);
      const total = { bytes: 2000, packages: 5 };
      bar.report({ kind: 'begin', title: 'Publish 5 packages to oci://127.0.0.1:34903/quickstart', total });
      tick(100);
      bar.report({ kind: 'report', done: { bytes: 1000, packages: 3 }, total });
      const line = written().split('\r\x1b[2K').at(-1) ?? '';
      expect(line).toMatch(shown);
      expect(line.length).toBeLessThan(columns);
    }
  });

  it('draws no control characters of others', () => {
    const { bar, written } = setup(true);
    bar.report({ kind: 'begin', title: 'Fetch \x1b[2J' });
    expect(written()).toContain('Fetch \\x1b[2J');
  });

  it('never wraps in a narrow terminal', () => {
    const { bar, written } = setup(true, 20);
    bar.report({ kind: 'begin', title: 'Prefetch 200 packages', total: { packages: 4 } });
    const lines = written().split('\x1b[2K');
    for (const line of lines) expect(line.replaceAll('\r', '').length).toBeLessThan(20);
  });
});
