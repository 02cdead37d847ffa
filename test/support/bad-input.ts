import type { ErrorCode, ErrorDocument, MethodName, ParamsOf } from '@condock/protocol';
import { expect } from 'vitest';
import type { FullStack } from './full-stack.ts';

/** Something that a user or a file got wrong, and what has to be said about it. */
export interface BadInput<M extends MethodName = MethodName> {
  /** `condock` with these arguments, and with this on stdin. */
  args: readonly string[];
  stdin?: string;
  code: ErrorCode;
  /** In the sentence: what is wrong, and with which thing. */
  says: RegExp;
  /** Default: 2 for `usage`, else 1. */
  exit?: number;
  /** The command sums up on standard output what became of the rest. */
  summary?: RegExp;
  /** The same over the socket; left out where the mistake is the command line's own. */
  call?: { [N in M]: [method: N, params: ParamsOf<N>] }[M];
}

/**
 * Gives a bad input to the command line, as text and with --json, and to the daemon over its socket; expects the same
 * clear error each time. Gives its sentence.
 */
export async function expectRefusal(stack: FullStack, input: BadInput): Promise<string> {
  const { args, stdin, code, says } = input;
  const exit = input.exit ?? (code === 'usage' ? 2 : 1);

  const json = await stack.condock(['--json', ...args], stdin);
  const error = errorIn(JSON.parse(json.stdout));
  expect(error, json.stdout).toMatchObject({ code, message: expect.stringMatching(says) as string });
  expect(error?.hint, 'a hint that says what to do').toMatch(/\w+.*[.?]$|^See: |^Example: |: /);
  expect(json.code).toBe(exit);

  const text = await stack.condock(args, stdin);
  expect(text.code).toBe(exit);
  expect(text.stdout).toMatch(input.summary ?? /^$/);
  expect(text.stderr).toContain(error?.message);

  if (input.call !== undefined) {
    const [method, params] = input.call;
    const answer: unknown = await stack.client.request(method, params).then(errorIn, (thrown: unknown) => thrown);
    expect(answer).toMatchObject({ code, message: error?.message, hint: error?.hint });
  }
  // The daemon took no harm.
  expect(await stack.client.request('daemon/ping', {})).toEqual({});
  return error?.message ?? '';
}

/** The first error of an answer: of the whole, of a row, or of a package that failed. */
function errorIn(document: unknown): ErrorDocument | undefined {
  if (Array.isArray(document)) return document.map(errorIn).find((one) => one !== undefined);
  if (typeof document !== 'object' || document === null) return undefined;
  if ('error' in document) return document.error as ErrorDocument;
  return 'failed' in document ? errorIn(document.failed) : undefined;
}
