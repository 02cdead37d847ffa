import type { Contender, Measured } from './rounds.ts';
import { ratios, summarize, type Summary } from './arithmetic.ts';

/** What `--json` prints of one comparison. */
export interface Row {
  name: string;
  /** Median, in `unit`. */
  ours: number;
  /** Median of the peer in the same rounds; null where the goal is a bound of its own. */
  peer: number | null;
  /** Median of ours / peer, round by round; null as above. */
  ratio: number | null;
  goal: string;
  met: boolean;
  unit: string;
  /** Of the ratio; of ours where there is no peer. */
  min: number;
  max: number;
  rounds: number;
  /** Rounds among them in which other processes used the machine. */
  disturbed: number;
}

/** What rows are measured with. */
export interface Bench {
  /** Of the sizes in the goals; 1 is what the goals mean. */
  scale: number;
  /** In which everything is made; removed at the end. */
  directory: string;
  /** The node_modules folder in which the programs are installed. */
  modules: string;
  /** Carried by every process of this run. */
  mark: string;
  env: Readonly<Record<string, string>>;
  /** For people, on stderr. */
  say: (text: string) => void;
  /** Compares contenders. `share` of the asked rounds, for what takes long. */
  compare: <N extends string>(
    contenders: Readonly<Record<N, Contender>>,
    options?: { share?: number; warmUp?: number },
  ) => Promise<Measured<N>>;
  /** Called at the end, in reverse order. */
  atEnd: (end: () => Promise<void>) => void;
  /** What several rows share is made once. */
  once: <T>(key: string, make: () => Promise<T>) => Promise<T>;
}

/** One row of performance goals: several comparisons where the goal has several parts. */
export interface RowDefinition {
  number: number;
  title: string;
  /** Programs without which it can't be measured. */
  needs: readonly string[];
  measure: (bench: Bench) => Promise<Row[]>;
}

/** Ours against a peer: the goal is the most that ours may take of what the peer takes. */
export function against<N extends string>(
  name: string,
  measured: Measured<N>,
  { ours, peer, goal, unit = 's' }: { ours: N; peer: N; goal: number; unit?: string },
): Row {
  const ratio = summarize(ratios(measured.values[ours], measured.values[peer]));
  return {
    ...row(name, measured, ratio, unit),
    ours: rounded(summarize(measured.values[ours]).median),
    peer: rounded(summarize(measured.values[peer]).median),
    ratio: rounded(ratio.median),
    goal: `≤ ${Number(goal.toPrecision(3))} ×`,
    met: ratio.median <= goal,
  };
}

/** Ours against a bound, in the row's unit. */
export function within<N extends string>(
  name: string,
  measured: Pick<Measured<N>, 'values' | 'disturbed'>,
  { ours, goal, unit }: { ours: N; goal: number; unit: string },
): Row {
  const summary = summarize(measured.values[ours]);
  return {
    ...row(name, measured, summary, unit),
    ours: rounded(summary.median),
    peer: null,
    ratio: null,
    goal: `≤ ${goal} ${unit}`,
    met: summary.median <= goal,
  };
}

function row<N extends string>(
  name: string,
  { values, disturbed }: Pick<Measured<N>, 'values' | 'disturbed'>,
  { min, max }: Summary,
  unit: string,
) {
  const [series] = Object.values<number[]>(values);
  return { name, unit, min: rounded(min), max: rounded(max), rounds: series?.length ?? 0, disturbed };
}

/** Four digits say more than was measured. */
const rounded = (value: number): number => Number(value.toPrecision(4));
