import { printable } from './printable.ts';
import { cutTo, widthOf } from './width.ts';

export interface Column {
  title: string;
  /** Numbers read best from the right. */
  align?: 'left' | 'right';
  /** Columns with a weight give way, in proportion, where the terminal is narrow; others keep their width. */
  shrink?: number;
  /** Columns of the screen below which it tells nothing. Default 6. */
  least?: number;
  /** The end tells more than the beginning: cut at the front. */
  cutFront?: boolean;
  /** Left out altogether, the greatest first, when shrinking is not enough. */
  optional?: number;
  paint?: (padded: string, plain: string) => string;
}

const GAP = '  ';
const LEAST = 6;

/** Lines of a table that fits in `width` columns of a terminal. `leftOut` is told the titles for which there was no room. */
export function layTable(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  width: number,
  paintTitle: (s: string) => string,
  leftOut: (titles: string[]) => void = () => undefined,
): string[] {
  const rows = cells.map((row) => row.map(printable));
  let shown = columns.map((_, at) => at);
  for (;;) {
    const widths = fit(columns, rows, shown, width);
    const total = widths.reduce((sum, w) => sum + w, 0) + GAP.length * (shown.length - 1);
    const droppable = shown.filter((at) => (columns[at]?.optional ?? 0) > 0);
    if (total <= width || droppable.length === 0) {
      leftOut(columns.filter((_, at) => !shown.includes(at)).map(({ title }) => title));
      const line = (cells: readonly string[], isTitle: boolean): string =>
        shown
          .map((at, place) =>
            cellOf(columns[at], cells[at] ?? '', widths[place] ?? 0, isTitle, place === shown.length - 1),
          )
          .join(GAP)
          .trimEnd();
      return [
        paintTitle(
          line(
            columns.map((c) => c.title),
            true,
          ),
        ),
        ...rows.map((row) => line(row, false)),
      ];
    }
    const drop = droppable.reduce((a, b) => ((columns[b]?.optional ?? 0) > (columns[a]?.optional ?? 0) ? b : a));
    shown = shown.filter((at) => at !== drop);
  }
}

function fit(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  shown: readonly number[],
  width: number,
): number[] {
  const natural = shown.map((at) =>
    Math.max(widthOf(columns[at]?.title ?? ''), ...rows.map((row) => widthOf(row[at] ?? ''))),
  );
  let excess = natural.reduce((sum, w) => sum + w, 0) + GAP.length * (shown.length - 1) - width;
  const widths = [...natural];
  while (excess > 0) {
    const soft = shown
      .map((at, place) => ({ at, place, weight: columns[at]?.shrink ?? 0 }))
      .filter(({ at, place, weight }) => weight > 0 && (widths[place] ?? 0) > (columns[at]?.least ?? LEAST));
    if (soft.length === 0) break;
    // The widest, by weight, gives a column away until all fits.
    const { place } = soft.reduce((a, b) =>
      (widths[b.place] ?? 0) * b.weight > (widths[a.place] ?? 0) * a.weight ? b : a,
    );
    widths[place] = (widths[place] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function cellOf(column: Column | undefined, value: string, width: number, isTitle: boolean, isLast: boolean): string {
  const cut = cutTo(value, width, column?.cutFront === true && !isTitle);
  const padding = ' '.repeat(Math.max(0, width - widthOf(cut)));
  const padded = column?.align === 'right' ? padding + cut : isLast ? cut : cut + padding;
  return isTitle || column?.paint === undefined ? padded : column.paint(padded, value);
}
