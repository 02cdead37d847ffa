import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramOptions {
  env: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** Exit codes that are no failure; default 0. */
  codes?: readonly number[];
}

/** Runs a program to its end; its output goes nowhere, as to a file. Throws where it fails, with the end of what it said. */
export async function runToEnd(command: string, args: readonly string[], options: ProgramOptions): Promise<void> {
  const child = spawn(command, args, { ...spawnOptions(options), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === null || !(options.codes ?? [0]).includes(code)) {
    throw new Error(`${command} ${args.slice(0, 6).join(' ')} ended with ${String(code)}: ${said.trim()}`);
  }
}

/** As `runToEnd`, and gives what it wrote to standard output. */
export async function readFrom(command: string, args: readonly string[], options: ProgramOptions): Promise<string> {
  const child = spawn(command, args, { ...spawnOptions(options), stdio: ['ignore', 'pipe', 'inherit'] });
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 6).join(' ')} ended with ${String(code)}`);
  return Buffer.concat(out).toString();
}

const spawnOptions = ({ env, cwd }: ProgramOptions) => ({ env, ...(cwd === undefined ? {} : { cwd }) });

/** Runs jobs, so many at a time. */
export async function atOnce<T>(count: number, items: readonly T[], job: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await job(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
