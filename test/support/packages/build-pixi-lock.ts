import type { BuiltPackage } from './spec.ts';

export interface PixiLockOptions {
  channelUrl: string;
  /** The one platform of the lock, a subdir such as linux-64. */
  platform: string;
  version: 6 | 7;
  /** Default `default`. */
  environment?: string;
}

/** A pixi.lock of one environment, in the words in which pixi writes it. */
export function buildPixiLock(packages: readonly BuiltPackage[], options: PixiLockOptions): string {
  const channel = options.channelUrl.replace(/\/$/, '');
  const sorted = [...packages].sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
  const urls = sorted.map((p) => `${channel}/${p.subdir}/${p.fileName}`);
  return [
    `version: ${options.version}`,
    ...(options.version === 7 ? ['platforms:', `- name: ${options.platform}`] : []),
    'environments:',
    `  ${options.environment ?? 'default'}:`,
    '    channels:',
    `    - url: ${channel}/`,
    '    packages:',
    ...(urls.length === 0 ? [`      ${options.platform}: []`] : [`      ${options.platform}:`]),
    ...urls.map((url) => `      - conda: ${quoted(url)}`),
    ...(urls.length === 0 ? ['packages: []'] : ['packages:']),
    ...sorted.flatMap((built, at) => packageLines(built, urls[at]!, channel)),
    '',
  ].join('\n');
}

function packageLines(built: BuiltPackage, url: string, channel: string): string[] {
  const { index } = built;
  const lines = [`- conda: ${quoted(url)}`];
  // pixi derives these from http and file locations alone.
  if (!/^(?:https?|file):/.test(url)) lines.push(`  subdir: ${built.subdir}`, `  channel: ${channel}/`);
  // Derived as `generic` from the subdir noarch, unless the build looks like Python's.
  if (index.noarch === 'python') lines.push('  noarch: python');
  lines.push(`  sha256: ${built.sha256}`, `  md5: ${built.md5}`);
  lines.push(...listLines('depends', index.depends), ...listLines('constrains', index.constrains));
  if (typeof index.license === 'string') lines.push(`  license: ${quoted(index.license)}`);
  lines.push(`  size: ${built.size}`);
  if (typeof index.timestamp === 'number') lines.push(`  timestamp: ${index.timestamp}`);
  return lines;
}

const listLines = (key: string, list: unknown): string[] =>
  Array.isArray(list) && list.length > 0 ? [`  ${key}:`, ...list.map((item) => `  - ${quoted(String(item))}`)] : [];

/** YAML's plain style where that is safe, else single quotes. */
const quoted = (text: string): string =>
  /^[A-Za-z_][A-Za-z0-9_./ !<>=,+*-]*(?::\/\/[A-Za-z0-9_./!+:[\]-]+)?$/.test(text) &&
  !/\s$/.test(text) &&
  !/^(?:true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : `'${text.replaceAll("'", "''")}'`;
