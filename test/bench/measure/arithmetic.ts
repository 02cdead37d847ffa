/** What a series of measurements comes to. */
export interface Summary {
  median: number;
  min: number;
  max: number;
}

/** Median, minimum and maximum. Throws where there is nothing to summarize. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error('nothing was measured');
  return { median: quantile(sorted, 0.5), min, max };
}

/** The value below which a share of the values lies, between neighbours by their distance. `sorted` is ascending. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) throw new Error('nothing was measured');
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Ratios of ours to the peer's, round by round: what drifts between rounds (clock speed, other guests of the machine) falls
 * out. Throws where the series are not of the same rounds.
 */
export function ratios(ours: readonly number[], peer: readonly number[]): number[] {
  if (ours.length !== peer.length) throw new Error('ours and the peer were not measured in the same rounds');
  return ours.map((value, at) => value / (peer[at] ?? NaN));
}

/** Processor seconds at one moment, since the machine started. */
export interface ProcessorTime {
  /** Of everything: programs, the kernel, other guests of the host (steal). */
  busy: number;
  /** Of the kernel's own threads: they write what was measured to disk, for whomever. */
  kernel: number;
  /** Of the processes of this benchmark, by pid, each with what its ended children used. */
  own: ReadonlyMap<number, number>;
}

/** Cores that processes beside the benchmark kept busy between two moments. */
export function othersBetween(before: ProcessorTime, after: ProcessorTime, seconds: number): number {
  let own = 0;
  for (const [pid, used] of after.own) own += Math.max(0, used - (before.own.get(pid) ?? 0));
  const others = after.busy - before.busy - (after.kernel - before.kernel) - own;
  return Math.max(0, others) / seconds;
}

/** A round in which others kept more than this many cores busy says nothing. */
export const DISTURBED_CORES = 0.5;

export interface Round<T> {
  /** Cores that others kept busy. */
  others: number;
  values: T;
}

/**
 * The rounds that count: the undisturbed ones. Where there are fewer than wanted, the least disturbed fill the places, in
 * the order in which they ran, and `disturbed` says how many.
 */
export function choose<T>(rounds: readonly Round<T>[], wanted: number): { chosen: Round<T>[]; disturbed: number } {
  const quiet = rounds.filter((r) => r.others <= DISTURBED_CORES).slice(0, wanted);
  const rest = rounds
    .filter((r) => r.others > DISTURBED_CORES)
    .sort((a, b) => a.others - b.others)
    .slice(0, wanted - quiet.length);
  const chosen = rounds.filter((r) => quiet.includes(r) || rest.includes(r));
  return { chosen, disturbed: rest.length };
}
