import { type CondockError, isCancellation, toCondockError } from '@condock/protocol';
import type { ExitCode } from './command.ts';
import type { Session } from './session.ts';

/** Says what went wrong and what to do; with --json as the one document on stdout. Returns the exit code that it means. */
export function printError(error: unknown, session: Session): ExitCode {
  const failure = toCondockError(error);
  if (session.json) session.document({ error: failure.toJSON() });
  else if (isCancellation(failure)) session.terminal.err.write('Cancelled.\n');
  else describeError(failure, session);
  return failure.code === 'usage' ? 2 : 1;
}

function describeError(error: CondockError, session: Session): void {
  const { colors, terminal } = session;
  terminal.err.write(`${colors.red('error:')} ${error.message}\n`);
  const facts = Object.entries(error.data ?? {})
    .filter(
      ([key, value]) => ['host', 'status', 'credentialSource'].includes(key) && value !== undefined && value !== null,
    )
    .map(([key, value]) => `${key === 'credentialSource' ? 'credential from' : key} ${String(value)}`);
  if (facts.length > 0) terminal.err.write(`  ${colors.dim(facts.join(', '))}\n`);
  if (error.hint !== undefined) terminal.err.write(`  ${error.hint}\n`);
}
