import type { EnvironmentPackage } from '@condock/protocol';
import { t } from '../l10n.ts';

export interface Comparison {
  /** In the lock, not in the prefix. */
  missing: EnvironmentPackage[];
  /** In the prefix, not in the lock. */
  extra: EnvironmentPackage[];
  /** The same name, another build. */
  different: { locked: EnvironmentPackage; installed: EnvironmentPackage }[];
  same: number;
}

/** What a lock promises against what a prefix holds. Kinds are kept apart: a name of conda is another than one of pypi. */
export function compareEnvironments(
  locked: readonly EnvironmentPackage[],
  installed: readonly EnvironmentPackage[],
): Comparison {
  const key = ({ kind, name }: EnvironmentPackage): string => `${kind} ${name}`;
  const there = new Map(installed.map((entry) => [key(entry), entry]));
  const comparison: Comparison = { missing: [], extra: [], different: [], same: 0 };
  for (const entry of locked) {
    const other = there.get(key(entry));
    there.delete(key(entry));
    if (other === undefined) comparison.missing.push(entry);
    else if (isSame(entry, other)) comparison.same += 1;
    else comparison.different.push({ locked: entry, installed: other });
  }
  comparison.extra.push(...[...there.values()].filter(({ kind }) => kind === 'conda'));
  return comparison;
}

/** By digest where both say one: a build string can be used twice. */
function isSame(a: EnvironmentPackage, b: EnvironmentPackage): boolean {
  if (a.sha256 !== null && b.sha256 !== null) return a.sha256 === b.sha256;
  return a.version === b.version && a.build === b.build;
}

/** The comparison as Markdown for a preview. */
export function comparisonMarkdown(names: { lock: string; prefix: string }, comparison: Comparison): string {
  const { missing, extra, different, same } = comparison;
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const build = ({ version, build: b }: EnvironmentPackage): string => cell([version, b].filter(Boolean).join(' '));
  const rows = [
    ...different.map(({ locked, installed }) => [locked.name, build(locked), build(installed)]),
    ...missing.map((entry) => [entry.name, build(entry), '—']),
    ...extra.map((entry) => [entry.name, '—', build(entry)]),
  ].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const head = [
    `# ${t('Lock and installed prefix')}`,
    '',
    `- ${t('Lock')}: \`${names.lock}\``,
    `- ${t('Prefix')}: \`${names.prefix}\``,
    '',
    t(
      '{0} alike, {1} different, {2} not installed, {3} not in the lock.',
      same,
      different.length,
      missing.length,
      extra.length,
    ),
  ];
  if (rows.length === 0) return [...head, '', t('They agree.'), ''].join('\n');
  const table = [
    `| ${t('Package')} | ${t('Lock')} | ${t('Installed')} |`,
    '|:--|:--|:--|',
    ...rows.map(([name = '', a = '', b = '']) => `| ${cell(name)} | ${a} | ${b} |`),
  ];
  return [...head, '', ...table, ''].join('\n');
}
