import type { Command, OptionSpec } from './command.ts';
import { catalog } from './catalog.ts';

export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', help: 'one JSON document on stdout, nothing else there' },
  'no-daemon': { type: 'boolean', help: 'do the work in this process; start and ask no daemon' },
  quiet: { type: 'boolean', short: 'q', help: 'no progress, no notes' },
  help: { type: 'boolean', short: 'h', help: 'show this' },
};

const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['Look', ['env list', 'env show', 'ref', 'show']],
  ['Move', ['prefetch', 'publish']],
  ['Registries', ['login', 'logout', 'sessions', 'registry test', 'registry serve']],
  [
    'Channels',
    [
      'channel url',
      'channel serve',
      'channel stop',
      'channel status',
      'setup',
      'channel index',
      'channel diff',
      'channel remove',
      'channel copy',
      'channel attach',
      'channel referrers',
    ],
  ],
  ['Store', ['cache status', 'cache verify', 'cache gc', 'cache pin', 'cache unpin', 'cache export']],
  ['Daemon', ['daemon start', 'daemon stop', 'daemon status', 'daemon log']],
];

/** `condock --help` */
export function overview(version: string): string {
  const lines = [
    `condock ${version}: conda packages that live in OCI registries`,
    '',
    'Usage: condock COMMAND [ARGUMENTS] [OPTIONS]',
  ];
  for (const [title, names] of GROUPS) {
    lines.push('', `${title}:`);
    for (const name of names) lines.push(`  ${name.padEnd(20)}${catalog.find((e) => e.name === name)?.summary ?? ''}`);
  }
  lines.push(
    '',
    'Options of every command:',
    ...optionLines(GLOBAL_OPTIONS),
    '',
    'More on one: condock COMMAND --help',
    '',
  );
  return lines.join('\n');
}

/** `condock COMMAND --help` */
export function commandHelp(command: Command): string {
  const usage = ['Usage: condock', command.name, command.arguments ?? '', '[OPTIONS]'].filter(Boolean).join(' ');
  const own = optionLines(command.options ?? {});
  return [
    `${command.name}: ${command.summary}`,
    '',
    usage,
    ...(own.length > 0 ? ['', 'Options:', ...own] : []),
    '',
    'Options of every command:',
    ...optionLines(GLOBAL_OPTIONS),
    '',
  ].join('\n');
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  return Object.entries(options).map(([name, { short, placeholder, help }]) => {
    const spelled = `${short === undefined ? '    ' : `-${short}, `}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`;
    return `  ${spelled.padEnd(30)}  ${help}`;
  });
}
