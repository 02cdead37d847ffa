import type { EnvironmentPackage } from '@condock/protocol';
import { t } from '../l10n.ts';
import { STATES, stateFacts } from './state-facts.ts';

export const GROUPINGS = ['none', 'state', 'channel'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface PackageGroup {
  /** Unique among the groups of one environment. */
  key: string;
  label: string;
  icon: string | undefined;
  color: string | undefined;
  packages: readonly EnvironmentPackage[];
}

/** Packages by state (the most urgent first) or by channel (by name); undefined where they are not grouped. */
export function groupPackages(
  packages: readonly EnvironmentPackage[],
  grouping: Grouping,
): readonly PackageGroup[] | undefined {
  if (grouping === 'none') return undefined;
  const parts = new Map<string, EnvironmentPackage[]>();
  for (const entry of packages) {
    const key = grouping === 'state' ? entry.state : (entry.channel ?? '');
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [entry]);
    else part.push(entry);
  }
  if (grouping === 'channel') {
    return [...parts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, list]) => ({
        ...{ key, packages: list, icon: 'server', color: undefined },
        label: key === '' ? t('No channel') : key,
      }));
  }
  return STATES.flatMap((state) => {
    const list = parts.get(state);
    if (list === undefined) return [];
    const facts = stateFacts(state);
    return [{ key: state, label: facts.label(), icon: facts.icon, color: facts.color, packages: list }];
  });
}
