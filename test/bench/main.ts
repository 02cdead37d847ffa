import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { findProgram } from '../support/find-program.ts';
import { MARK } from './measure/processor-time.ts';
import { runRounds } from './measure/rounds.ts';
import type { Bench, Row } from './measure/row.ts';
import { printRows } from './print-rows.ts';
import { rows } from './rows/index.ts';

const USAGE = `npm run bench -- [--rows 1,8] [--rounds N] [--scale F] [--json]

  --rows    numbers of the rows to measure; default all
  --rounds  rounds that count; default 7, of which long rows take a part
  --scale   of the sizes; 1 (the default) is what the goals mean, 0.1 gives a quick impression
  --json    one document on stdout: rows of name, ours, peer, ratio, goal, met`;

/** Measures the chosen rows in `directory`, which the caller removes. Resolves with the exit code. */
export async function bench(
  args: readonly string[],
  { modules, directory }: Pick<Bench, 'modules' | 'directory'>,
): Promise<number> {
  const options = readArguments(args);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n`);
    return 2;
  }
  const { chosen, rounds, scale, json } = options;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  const ends: (() => Promise<void>)[] = [];
  await mkdir(directory, { recursive: true });
  const context = createBench({ modules, directory, rounds, scale, say, atEnd: (end) => void ends.push(end) });
  if (scale !== 1) say(`Sizes are ${String(scale)} of what the goals mean.`);
  const measured: Row[] = [];
  let failed = false;
  try {
    for (const row of chosen) {
      const missing = row.needs.filter((program) => findProgram(program) === undefined);
      const skipped = missing.length > 0 ? ` – skipped: ${missing.join(', ')} not installed` : '';
      say(`${String(row.number)}. ${row.title}${skipped}`);
      if (missing.length > 0) continue;
      try {
        measured.push(...(await row.measure(context)));
      } catch (error) {
        failed = true;
        say(`  not measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    }
  } finally {
    for (const end of ends.reverse()) await end();
  }
  process.stdout.write(json ? `${JSON.stringify(measured, null, 2)}\n` : printRows(measured));
  return failed ? 1 : 0;
}

function readArguments(args: readonly string[]) {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        rows: { type: 'string' },
        rounds: { type: 'string', default: '7' },
        scale: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`;
  }
  const numbers = values.rows?.split(',').map(Number);
  const unknown = numbers?.find((n) => !rows.some((r) => r.number === n));
  const [rounds, scale] = [Number(values.rounds), Number(values.scale)];
  if (values.help) return USAGE;
  if (unknown !== undefined)
    return `There is no row ${String(unknown)}; there are ${rows.map((r) => r.number).join(', ')}.`;
  if (!(rounds >= 1) || !(scale > 0)) return USAGE;
  const chosen = rows.filter((r) => numbers?.includes(r.number) ?? true);
  return { chosen, rounds, scale, json: values.json };
}

function createBench(
  options: Pick<Bench, 'modules' | 'directory' | 'scale' | 'say' | 'atEnd'> & { rounds: number },
): Bench {
  const mark = randomBytes(8).toString('hex');
  const made = new Map<string, Promise<unknown>>();
  return {
    ...options,
    mark,
    env: { PATH: process.env.PATH ?? '', HOME: options.directory, LANG: 'C.UTF-8', [MARK]: mark },
    compare: (contenders, { share = 1, warmUp = 1 } = {}) =>
      runRounds(contenders, {
        rounds: Math.max(1, Math.round(options.rounds * share)),
        mark,
        warmUp,
        say: options.say,
      }),
    once: <T>(key: string, make: () => Promise<T>): Promise<T> => {
      const known = made.get(key) ?? make();
      made.set(key, known);
      return known as Promise<T>;
    },
  };
}
