import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { detectTerminal } from './terminal.ts';

const stream = (isTTY: boolean, columns?: number) =>
  Object.assign(new PassThrough(), { isTTY, ...(columns === undefined ? {} : { columns }) });

describe('detectTerminal', () => {
  it('cuts nothing and colours nothing in a pipe', () => {
    const terminal = detectTerminal(stream(false), stream(false), {});
    expect(terminal).toMatchObject({ columns: Infinity, color: false, canRedraw: false });
  });

  it('fits a terminal and colours it, unless NO_COLOR says otherwise', () => {
    expect(detectTerminal(stream(true, 100), stream(true), {})).toMatchObject({
      columns: 100,
      color: true,
      canRedraw: true,
    });
    expect(detectTerminal(stream(true, 0), stream(true, 0), {})).toMatchObject({ columns: 80, errColumns: 80 });
    expect(detectTerminal(stream(true, 100), stream(true), { NO_COLOR: '1' }).color).toBe(false);
    expect(detectTerminal(stream(true, 100), stream(true), { NO_COLOR: '1', FORCE_COLOR: '1' }).color).toBe(false);
    expect(detectTerminal(stream(false), stream(false), { FORCE_COLOR: '1' }).color).toBe(true);
  });

  it('draws no moving bars on dumb terminals and in CI', () => {
    expect(detectTerminal(stream(true), stream(true), { TERM: 'dumb' }).canRedraw).toBe(false);
    expect(detectTerminal(stream(true), stream(true), { CI: 'true' }).canRedraw).toBe(false);
  });
});
