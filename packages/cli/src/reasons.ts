import type { ErrorDocument, PackageState } from '@condock/protocol';
import type { Session } from './session.ts';
import { paintState } from './states.ts';

interface Reason {
  state: PackageState;
  first: ErrorDocument;
  count: number;
}

/**
 * Why packages are not to be had, and what to do: one line for each state and hint, with the first package's sentence for
 * all that share them.
 */
export function explain(
  packages: readonly { state: PackageState; error?: ErrorDocument | undefined }[],
  session: Session,
): void {
  const reasons = new Map<string, Reason>();
  for (const { state, error } of packages) {
    // Those are no obstacle that a person could remove: the table says what they are.
    if (error === undefined || state === 'unsupported-source') continue;
    const key = `${state} ${error.code} ${error.hint ?? ''}`;
    const known = reasons.get(key);
    if (known === undefined) reasons.set(key, { state, first: error, count: 1 });
    else known.count += 1;
  }
  for (const { state, first, count } of reasons.values()) {
    session.line(`${paintState(state, state, session.colors)}${count > 1 ? ` (${count})` : ''}: ${first.message}`);
    if (first.hint !== undefined) session.line(`  ${first.hint}`);
  }
}
