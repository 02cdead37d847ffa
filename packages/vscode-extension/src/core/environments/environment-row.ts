import type { CondockError, EnvironmentPackage } from '@condock/protocol';
import type { LoadedEnvironment } from './environments-model.ts';
import { describeSummary, type Summary } from './summary.ts';
import { kindLabel, type EnvironmentNode } from './tree.ts';

/**
 * Everything that the row of an environment and the rows below it are drawn from. The editor can't draw a row anew without
 * asking for all that are below it, so one that would look the same is better left alone.
 */
export interface EnvironmentRow {
  icon: string;
  description: string;
  /** Undefined: not known yet. */
  summary: Summary | undefined;
  packages: readonly EnvironmentPackage[];
  warnings: readonly string[];
  error: CondockError | undefined;
}

/** While it is listed for the first time it turns; later, when it is only asked about again, the view's own bar says so. */
export function environmentRow({ found }: EnvironmentNode, loaded: LoadedEnvironment | undefined): EnvironmentRow {
  const kind = kindLabel(found.kind);
  if (loaded === undefined) {
    return { icon: IDLE, description: kind, summary: undefined, packages: [], warnings: [], error: undefined };
  }
  const { status, packages, summary, warnings, error } = loaded;
  const isKnown = packages.length > 0 || status === 'complete';
  return {
    icon: status === 'failed' ? 'error' : isKnown ? IDLE : 'loading~spin',
    description: isKnown ? describeSummary(summary) : (error?.message ?? kind),
    summary: isKnown ? summary : undefined,
    ...{ packages, warnings, error },
  };
}

const IDLE = 'symbol-namespace';

/** Whether two rows, and all below them, look alike. */
export function isSameRow(a: EnvironmentRow, b: EnvironmentRow): boolean {
  return (
    a.packages === b.packages &&
    a.icon === b.icon &&
    a.description === b.description &&
    a.error?.message === b.error?.message &&
    a.warnings.join('\n') === b.warnings.join('\n')
  );
}
