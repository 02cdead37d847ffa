import type { Row } from './measure/row.ts';

/** A table for people. */
export function printRows(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    amount(row.ours, row.unit),
    row.peer === null ? '' : amount(row.peer, row.unit),
    row.ratio === null ? '' : `${row.ratio.toFixed(2)} (${row.min.toFixed(2)}–${row.max.toFixed(2)})`,
    row.goal,
    row.met ? 'yes' : 'no',
    row.disturbed > 0 ? `${String(row.disturbed)} of ${String(row.rounds)} rounds disturbed` : '',
  ]);
  const table = [['', 'ours', 'peer', 'ratio (min–max)', 'goal', 'met', ''], ...lines];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((line) => line[at]?.length ?? 0))) ?? [];
  return table
    .map(
      (line) =>
        `${line
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

const amount = (value: number, unit: string): string => `${String(Number(value.toPrecision(3)))} ${unit}`;
