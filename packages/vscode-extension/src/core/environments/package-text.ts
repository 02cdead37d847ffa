import type { EnvironmentPackage } from '@condock/protocol';
import { formatBytes } from '../format.ts';
import { t } from '../l10n.ts';
import { stateFacts } from './state-facts.ts';

/** What stands behind a package's name: `1.26.4  7.1 MB`. */
export function packageDescription({ version, size, kind }: EnvironmentPackage): string {
  const parts = [version, size === null ? '' : formatBytes(size), kind === 'conda' ? '' : kind];
  return parts.filter((part) => part !== '').join('  ');
}

/** What a screen reader says of a row. */
export function packageSpoken(entry: EnvironmentPackage): string {
  const size = entry.size === null ? '' : `, ${formatBytes(entry.size)}`;
  return `${entry.name} ${entry.version}, ${stateFacts(entry.state).label()}${size}`;
}

/** Facts of a package as label and value, for tooltips and hovers; what is unknown is left out. */
export function packageFacts(entry: EnvironmentPackage): { label: string; value: string; code: boolean }[] {
  const facts: [string, string | null, boolean][] = [
    [t('Build'), entry.build === '' ? null : `${entry.build} (${entry.subdir})`, true],
    [t('Reference'), entry.reference, true],
    [t('Digest'), entry.digest ?? (entry.sha256 === null ? null : `sha256:${entry.sha256}`), true],
    [t('Size'), entry.size === null ? null : formatBytes(entry.size), false],
    [t('Licence'), entry.license, false],
    [t('Channel'), entry.channel, true],
    [t('Answer from'), entry.source, true],
  ];
  return facts.flatMap(([label, value, code]) => (value === null ? [] : [{ label, value, code }]));
}

/** Markdown for tooltips and hovers. Nothing of a package can become a link or a command in it. */
export function packageMarkdown(entry: EnvironmentPackage): string {
  const state = stateFacts(entry.state);
  const lines = [
    `**${escapeMarkdown(entry.name)}** ${escapeMarkdown(entry.version)}`,
    '',
    `$(${state.icon}) **${state.label()}** — ${escapeMarkdown(entry.error?.message ?? state.explanation())}`,
    ...(entry.error?.hint === undefined ? [] : ['', escapeMarkdown(entry.error.hint)]),
    '',
    '| | |',
    '|:--|:--|',
    ...packageFacts(entry).map(({ label, value, code }) => {
      const cell = code ? `\`${value.replaceAll(/[`|\r\n]/g, ' ')}\`` : escapeMarkdown(value);
      return `| ${label} | ${cell} |`;
    }),
  ];
  return lines.join('\n');
}

/** Also what editors make links of by themselves: addresses of pages and of people. */
export const escapeMarkdown = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]()#+\-.!|<>~$:@]/g, '\\$&').replaceAll(/\r?\n/g, ' ');
