import type { Writable } from 'node:stream';

/** Where a command writes, and what that can show. */
export interface Terminal {
  out: Writable;
  err: Writable;
  /** Columns of stdout; tables fit in it. Unlimited in a pipe, so that nothing is cut for the next program. */
  columns: number;
  /** Progress is drawn on stderr, and only on a terminal that can move its cursor. */
  canRedraw: boolean;
  errColumns: number;
  color: boolean;
}

interface TerminalStream extends Writable {
  isTTY?: boolean;
  columns?: number;
}

/** NO_COLOR (no-color.org) and dumb terminals win over FORCE_COLOR, that over what stdout is. */
export function detectTerminal(
  out: TerminalStream,
  err: TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = out.isTTY === true;
  const dumb = env.TERM === 'dumb';
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== '';
  const noColor = (env.NO_COLOR !== undefined && env.NO_COLOR !== '') || dumb;
  const columns = Number(env.COLUMNS);
  // A terminal that nobody gave a size says 0.
  const widthOf = ({ columns: width = 0 }: TerminalStream): number => (width > 0 ? width : 80);
  return {
    out,
    err,
    columns: isTerminal ? widthOf(out) : columns > 0 ? columns : Infinity,
    canRedraw: err.isTTY === true && !dumb && (env.CI === undefined || env.CI === ''),
    errColumns: widthOf(err),
    color: !noColor && (forced || isTerminal),
  };
}
