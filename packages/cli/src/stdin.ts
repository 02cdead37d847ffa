import { createInterface } from 'node:readline';
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
  if (!stdin.isTTY) {
    for await (const line of createInterface({ input: stdin, crlfDelay: Infinity })) return line;
    throw new CondockError('usage', 'There is no secret on stdin.', {
      hint: 'Pipe it in, or run the command on a terminal.',
    });
  }
  out.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  let typed = '';
  try {
    for await (const chunk of stdin as AsyncIterable<string>) {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') return typed;
        if (character === '\u0003' || character === '\u0004') throw new CondockError('cancelled', 'Nothing was typed.');
        if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
        else typed += character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    out.write('\n');
  }
}
