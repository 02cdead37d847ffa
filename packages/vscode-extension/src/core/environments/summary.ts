import type { EnvironmentPackage, PackageState } from '@condock/protocol';
import { packageCount } from '../counts.ts';
import { formatBytes, formatCount } from '../format.ts';
import { t } from '../l10n.ts';

/** What an environment amounts to. */
export interface Summary {
  total: number;
  cached: number;
  /** Conda packages that are not in the store. */
  missing: number;
  /** Of those, the ones that prefetching brings, or may bring where nobody asked yet. */
  fetchable: number;
  /** Bytes of the fetchable ones whose size is known. */
  bytesToGo: number;
  /** Bytes of everything whose size is known. */
  bytes: number;
  states: ReadonlyMap<PackageState, number>;
}

const FETCHABLE: ReadonlySet<PackageState> = new Set(['available', 'unchecked']);

export function summarize(packages: readonly EnvironmentPackage[]): Summary {
  const states = new Map<PackageState, number>();
  const summary = { total: packages.length, cached: 0, missing: 0, fetchable: 0, bytesToGo: 0, bytes: 0, states };
  for (const { state, kind, size } of packages) {
    states.set(state, (states.get(state) ?? 0) + 1);
    summary.bytes += size ?? 0;
    if (state === 'cached') summary.cached += 1;
    else if (kind === 'conda') summary.missing += 1;
    if (FETCHABLE.has(state)) {
      summary.fetchable += 1;
      summary.bytesToGo += size ?? 0;
    }
  }
  return summary;
}

/** One line: `212 packages, 195 cached, 41 MB to go`. */
export function describeSummary(summary: Summary): string {
  const { total, cached, fetchable, bytesToGo } = summary;
  const parts = [packageCount(total)];
  if (total > 0) parts.push(cached === total ? t('all cached') : t('{0} cached', formatCount(cached)));
  if (fetchable > 0) parts.push(bytesToGo > 0 ? t('{0} to go', formatBytes(bytesToGo)) : t('{0} to go', fetchable));
  const troubled = troubles(summary);
  if (troubled > 0) parts.push(troubled === 1 ? t('1 problem') : t('{0} problems', formatCount(troubled)));
  return parts.join(', ');
}

/** `17 of 212 missing, 312 MB` */
export function describeMissing({ total, missing, bytesToGo }: Summary): string {
  if (missing === 0) return t('All {0} cached', formatCount(total));
  const counts = t('{0} of {1} missing', formatCount(missing), formatCount(total));
  return bytesToGo > 0 ? `${counts}, ${formatBytes(bytesToGo)}` : counts;
}

const TROUBLES: readonly PackageState[] = [
  'absent',
  'other-format',
  'digest-mismatch',
  'login-required',
  'illegal-name',
  'unreachable',
];

/** How many packages are in a state that somebody has to do something about. */
export function troubles({ states }: Summary): number {
  return TROUBLES.reduce((sum, state) => sum + (states.get(state) ?? 0), 0);
}
