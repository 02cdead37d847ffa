import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { CondockError } from '@condock/protocol';

/** Non-empty lines of a pipe. On a terminal nobody would know that we wait: that is wrong usage. */
export async function readLines(stdin: NodeJS.ReadStream, what: string): Promise<string[]> {
  if (stdin.isTTY)
    throw new CondockError('usage', `There are no ${what}.`, { hint: `Name them, or pipe them in, one a line.` });
  const lines: string[] = [];
  for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) if (line !== '') lines.push(line);
  return lines;
}

/** A secret from a pipe (its first line), or typed without echo. Never from the arguments: other users can read those. */
export async function readSecret(
  stdin: NodeJS.ReadStream,
  prompt: string,
  out: NodeJS.WritableStream,
): Promise<string> {
  return stdin.isTTY ? readTyped(stdin, prompt, out, { echo: false }) : readFirstLine(stdin);
}

/** The first line of a pipe, or of a terminal that is treated as one. */
export async function readFirstLine(stdin: NodeJS.ReadStream): Promise<string> {
  for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) return line;
  throw new CondockError('usage', 'There is no secret on stdin.', {
    hint: 'Pipe it in, or run the command on a terminal.',
  });
}

const ENDS = new Set(['\r', '\n']);
const GIVES_UP = new Set(['\u0003', '\u0004']);
const ERASES = new Set(['\u007f', '\b']);
/** Ctrl-U. */
const CLEARS = '\u0015';
const CONTROL = /^\p{Cc}$/u;

/** One line typed on a terminal. What is typed ahead of the next question stays for it. */
export async function readTyped(
  stdin: NodeJS.ReadStream,
  prompt: string,
  out: NodeJS.WritableStream,
  { echo }: { echo: boolean },
): Promise<string> {
  // Before the question: who answers at once is not to be shown by the terminal itself.
  stdin.setRawMode(true);
  out.write(prompt);
  stdin.setEncoding('utf8');
  const typed: string[] = [];
  const erase = (count: number): void => {
    const erased = typed.splice(Math.max(0, typed.length - count)).length;
    if (echo) out.write('\b \b'.repeat(erased));
  };
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
      // Arrow keys and their like are no part of a name or a secret.
      const characters = Array.from(stripVTControlCharacters(chunk));
      for (const [index, character] of characters.entries()) {
        if (ENDS.has(character)) {
          const rest = characters.slice(index + 1).join('');
          if (rest !== '') stdin.unshift(rest, 'utf8');
          return typed.join('');
        }
        if (GIVES_UP.has(character)) throw new CondockError('cancelled', 'Nothing was typed.');
        if (ERASES.has(character)) erase(1);
        else if (character === CLEARS) erase(typed.length);
        else if (!CONTROL.test(character)) {
          typed.push(character);
          if (echo) out.write(character);
        }
      }
    }
    return typed.join('');
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    out.write('\n');
  }
}
