import { CondockError, isCancellation } from '@condock/protocol';
import { isPlainProgramName, type RunProgram } from '../../system/run-program.ts';
import { asObject, asText } from '../files/json.ts';
import { makeSecret, type Secret } from '../secret.ts';

export interface DockerHelperParts {
  run: RunProgram;
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
}

// docker-credential-helpers, credentials/error.go; some helpers write it to standard error, some vary the case.
const NOT_FOUND = /credentials not found in native keychain/i;

/**
 * Asks `docker-credential-<suffix>` for one server. Undefined: the helper has nothing for it. Throws `helper-failed` or
 * `timeout`, with words that name the helper and quote nothing that could be a secret.
 * Source: docker-credential-helpers' protocol (`get` reads the server from stdin, answers ServerURL, Username, Secret).
 */
export async function getFromHelper(
  parts: DockerHelperParts,
  suffix: string,
  server: string,
  signal?: AbortSignal,
): Promise<Secret | undefined> {
  const answer = await call(parts, suffix, 'get', `${server}\n`, signal);
  if (answer === undefined) return undefined;
  const username = asText(answer.Username);
  const secret = asText(answer.Secret);
  // Some helpers answer an empty secret, not an error, for what they do not have.
  if (secret === undefined) return undefined;
  return username === '<token>'
    ? makeSecret('identity-token', secret, undefined)
    : makeSecret('basic', secret, username);
}

/** Servers that a helper holds something for, with the user names. */
export async function listHelper(
  parts: DockerHelperParts,
  suffix: string,
  signal?: AbortSignal,
): Promise<{ server: string; username: string }[]> {
  const answer = await call(parts, suffix, 'list', '', signal);
  return Object.entries(answer ?? {}).flatMap(([server, username]) =>
    typeof username === 'string' ? [{ server, username }] : [],
  );
}

export const helperProgram = (suffix: string): string => `docker-credential-${suffix}`;

async function call(
  { run, env, timeoutMs }: DockerHelperParts,
  suffix: string,
  action: 'get' | 'list',
  stdin: string,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const program = helperProgram(suffix);
  if (!isPlainProgramName(program)) {
    throw new CondockError('helper-failed', `The credential helper "${suffix.slice(0, 60)}" is not a plain name.`, {
      hint: 'credsStore and credHelpers take the part of the name after "docker-credential-".',
    });
  }
  const result = await run({ program, args: [action], stdin, env, timeoutMs, maxOutputBytes: 256 * 1024, signal });
  if (NOT_FOUND.test(result.stdout) || NOT_FOUND.test(result.stderr)) return undefined;
  if (result.exitCode !== 0) {
    const said = firstLine(result.stderr) ?? (action === 'get' ? undefined : firstLine(result.stdout));
    throw new CondockError(
      'helper-failed',
      `The credential helper "${program}" failed (exit code ${result.exitCode ?? 'none'})${said === undefined ? '.' : `: ${said}`}`,
      { hint: `Try it by hand: echo HOST | ${program} get`, data: { program } },
    );
  }
  return parseAnswer(program, result.stdout);
}

function parseAnswer(program: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const answer = asObject(value);
  if (answer === undefined) {
    throw new CondockError('helper-failed', `The credential helper "${program}" answered something that is not JSON.`);
  }
  return answer;
}

function firstLine(text: string): string | undefined {
  const line = text.trim().split('\n', 1)[0]?.slice(0, 200);
  return line === '' ? undefined : line;
}

/** For the list of problems: the sentence of a failure; cancellation is passed on. */
export function helperProblem(error: unknown): string {
  if (isCancellation(error)) throw error;
  return error instanceof CondockError ? error.message : 'A credential helper failed in a way that was not foreseen.';
}
