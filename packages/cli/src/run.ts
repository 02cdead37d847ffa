import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import { CondockError, toCondockError } from '@condock/protocol';
import { catalog, findCommand } from './catalog.ts';
import type { Command, ExitCode, Values } from './command.ts';
import { commandHelp, GLOBAL_OPTIONS, overview } from './help.ts';
import { closest, nearest } from './nearest.ts';
import { printError } from './print-error.ts';
import { Session, type SessionOptions } from './session.ts';

export interface RunOptions extends Omit<SessionOptions, 'json' | 'quiet' | 'noDaemon'> {
  version: string;
}

/** One run of `condock ARGS`. Never throws: every failure is printed, and is the exit code. */
export async function run(args: readonly string[], options: RunOptions): Promise<ExitCode> {
  // Known before anything is parsed, so that even a mistake in the options is answered in the form that was asked for.
  const given = beforeDashes(args);
  const asked = (name: string) => given.includes(`--${name}`);
  const session = new Session({
    ...options,
    json: asked('json'),
    quiet: asked('quiet') || given.includes('-q'),
    noDaemon: asked('no-daemon'),
  });
  try {
    return await dispatch(args, options, session);
  } catch (error) {
    return printError(error, session);
  } finally {
    // Whatever had to be said was said: an end that fails changes nothing of it.
    await session[Symbol.asyncDispose]().catch((error: unknown) => {
      session.warn(toCondockError(error).message);
    });
  }
}

async function dispatch(args: readonly string[], options: RunOptions, session: Session): Promise<ExitCode> {
  const words = args.filter((a) => !a.startsWith('-'));
  const found = findCommand(words);
  if (found === undefined) {
    if (args.includes('--version') || args.includes('-V')) return print(session, `condock ${options.version}\n`);
    if (words[0] === 'help' && words.length > 1) return help(words.slice(1), session);
    const wantsHelp = args.length === 0 || args.includes('--help') || args.includes('-h') || words[0] === 'help';
    if (wantsHelp) return print(session, overview(options.version));
    throw unknownCommand(words);
  }
  const command = await found.entry.load();
  if (beforeDashes(args).some((a) => a === '--help' || a === '-h')) return print(session, commandHelp(command));
  checkHome(options.env.CONDOCK_HOME);
  const rest = [...args];
  for (const word of command.name.split(' ')) rest.splice(rest.indexOf(word), 1);
  const { positionals, values } = parse(command, rest);
  const code = await command.run({ positionals, values, session });
  session.noteLeftOut();
  return code;
}

/** What follows `--` is never an option. */
const beforeDashes = (args: readonly string[]): readonly string[] =>
  args.slice(0, args.includes('--') ? args.indexOf('--') : undefined);

/** To pass over a relative one in silence would write where nobody looks for it. */
function checkHome(home: string | undefined): void {
  if (home === undefined || home === '' || isAbsolute(home)) return;
  throw new CondockError('usage', `CONDOCK_HOME has to be an absolute path; it is "${home}".`, {
    hint: 'Everything that Condock writes goes there: name it in full, or unset it.',
  });
}

async function help(words: readonly string[], session: Session): Promise<ExitCode> {
  const found = findCommand(words);
  if (found === undefined) throw unknownCommand(words);
  return print(session, commandHelp(await found.entry.load()));
}

function print(session: Session, text: string): ExitCode {
  session.terminal.out.write(text);
  return 0;
}

function unknownCommand(words: readonly string[]): CondockError {
  const name = words.slice(0, 2).join(' ');
  const near = nearest(
    words,
    catalog.map((e) => e.name),
  );
  return new CondockError('usage', `There is no command "${name}".`, {
    hint: near.length > 0 ? `Did you mean: ${near.map((n) => `condock ${n}`).join(', ')}?` : 'See: condock --help',
  });
}

function parse(command: Command, args: string[]): { positionals: string[]; values: Values } {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      options: { ...GLOBAL_OPTIONS, ...command.options },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw wrongOptions(error, command);
  }
  const { min, max } = command.positionals;
  const { length } = parsed.positionals;
  if (length < min || length > max) {
    const wanted = command.arguments ?? 'no arguments';
    const said =
      length < min
        ? `needs ${wanted}; ${length === 0 ? 'nothing is' : `only "${parsed.positionals.join(' ')}" is`} given.`
        : `takes ${wanted}; "${parsed.positionals[max] ?? ''}" is too much.`;
    throw new CondockError('usage', `condock ${command.name} ${said}`, {
      hint: `See: condock ${command.name} --help`,
    });
  }
  return { positionals: parsed.positionals, values: parsed.values };
}

/** What `parseArgs` says, in a sentence that a person can act on. */
function wrongOptions(error: unknown, command: Command): CondockError {
  const message = (error instanceof Error ? error.message : String(error))
    .replace(/\. To specify.*$/s, '')
    .replace(/ argument is ambiguous.*$/s, ' needs a value, and another option follows it')
    .replace(/( <value>)?' argument missing/, "' needs a value")
    .replace(/\.?$/, '.');
  const typed = /^Unknown option '--([^'=]+)/.exec(message)?.[1];
  const known = Object.keys({ ...command.options, ...GLOBAL_OPTIONS });
  const [near] = typed === undefined ? [] : closest(typed, known);
  const more = `See: condock ${command.name} --help`;
  return new CondockError('usage', message, { hint: near === undefined ? more : `Did you mean --${near}? ${more}` });
}
