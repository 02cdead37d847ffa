import { setTimeout as sleep } from 'node:timers/promises';
import { choose, othersBetween, type Round } from './arithmetic.ts';
import { processorTime } from './processor-time.ts';

/** One of those that are compared. */
export interface Contender {
  /** Before its turn, not measured; `round` is different each time, and new places on disk are named after it. */
  prepare?: (round: number) => Promise<void>;
  /** Its turn. What comes back is what was measured, in the row's unit; else the seconds that it took. */
  run: (round: number) => Promise<number | undefined>;
  /** After the round, not measured. */
  after?: (round: number) => Promise<void>;
}

export interface RoundsOptions {
  /** Rounds that count. */
  rounds: number;
  /** What the processes of this benchmark carry in their environment. */
  mark: string;
  /** Rounds before those that count: programs and files are in the page cache then. Default 1. */
  warmUp?: number;
  say: (text: string) => void;
}

export interface Measured<N extends string> {
  /** By contender, in the order of the rounds. */
  values: Record<N, number[]>;
  /** Rounds among them in which others used the processors: there were not enough quiet ones. */
  disturbed: number;
  /** Rounds that were thrown away. */
  thrownAway: number;
}

/** How many times as many rounds as wanted are tried before disturbed ones are taken. */
const PATIENCE = 3;

/** Milliseconds to let a disturbance pass. */
const PAUSE = 400;

/**
 * Runs the contenders in turn, round after round, each round beginning with another one. Rounds in which other processes took
 * more than half a core are thrown away and run again.
 */
export async function runRounds<N extends string>(
  contenders: Readonly<Record<N, Contender>>,
  options: RoundsOptions,
): Promise<Measured<N>> {
  const names = Object.keys(contenders) as N[];
  for (let round = 0; round < (options.warmUp ?? 1); round += 1) await runRound(contenders, names, -1 - round, options);
  const all: Round<Record<N, number>>[] = [];
  let quiet = 0;
  for (let round = 0; quiet < options.rounds && round < options.rounds * PATIENCE; round += 1) {
    const at = round % names.length;
    const order = [...names.slice(at), ...names.slice(0, at)];
    const done = await runRound(contenders, order, round, options);
    all.push(done);
    const { chosen, disturbed } = choose(all, options.rounds);
    quiet = chosen.length - disturbed;
    if (chosen.includes(done) && disturbed === 0) continue;
    options.say(`  round ${String(round)}: others kept ${done.others.toFixed(1)} cores busy`);
    await sleep(PAUSE);
  }
  const { chosen, disturbed } = choose(all, options.rounds);
  const values = Object.fromEntries(names.map((name) => [name, chosen.map((r) => r.values[name])]));
  return { values: values as Record<N, number[]>, disturbed, thrownAway: all.length - chosen.length };
}

async function runRound<N extends string>(
  contenders: Readonly<Record<N, Contender>>,
  order: readonly N[],
  round: number,
  { mark }: RoundsOptions,
): Promise<Round<Record<N, number>>> {
  const values: Partial<Record<N, number>> = {};
  // Each turn has its own clocks: what is prepared in between disturbs nobody.
  let others = 0;
  let whole = 0;
  for (const name of order) {
    const contender = contenders[name];
    await contender.prepare?.(round);
    const before = processorTime(mark);
    const started = performance.now();
    const value = await contender.run(round);
    const seconds = (performance.now() - started) / 1000;
    const after = processorTime(mark);
    if (before !== undefined && after !== undefined) others += othersBetween(before, after, seconds) * seconds;
    whole += seconds;
    values[name] = value ?? seconds;
    await contender.after?.(round);
  }
  return { others: others / whole, values: values as Record<N, number> };
}
