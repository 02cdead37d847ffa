import type { ErrorDocument, ResultOf } from '@condock/protocol';
import { redact } from '@condock/protocol';
import { formatBytes } from '../format.ts';

/** What a report is made of; each part may have failed on its own. */
export interface DiagnoseInput {
  extension: { version: string; editor: string; remote: string | undefined; ui: string; trusted: boolean };
  system: { platform: string; arch: string; node: string };
  daemonCommand: string | ErrorDocument;
  daemon: ResultOf<'daemon/status'> | ErrorDocument;
  cache: ResultOf<'cache/status'> | ErrorDocument;
  sessions: ResultOf<'session/list'> | ErrorDocument;
  environments: { kind: string; packages: number; states: Record<string, number> }[];
  /** The last lines of the daemon's log. */
  log: readonly string[];
  home: string;
}

/**
 * What one pastes in a bug report, as Markdown. Holds no secret, no user name and no path below the home directory: who
 * reports should not have to read it first.
 */
export function diagnoseReport(input: DiagnoseInput): string {
  const { extension, system, daemon, cache, sessions, environments } = input;
  const lines = [
    '## Condock diagnosis',
    '',
    `- Extension ${extension.version} in ${extension.editor} (${extension.ui}${extension.remote === undefined ? '' : `, remote: ${extension.remote}`}${extension.trusted ? '' : ', workspace not trusted'})`,
    `- ${system.platform} ${system.arch}, extension host on Node ${system.node}`,
    `- Daemon command: ${typeof input.daemonCommand === 'string' ? `\`${input.daemonCommand}\`` : failure(input.daemonCommand)}`,
    `- Daemon: ${isFailure(daemon) ? failure(daemon) : daemonLine(daemon)}`,
    `- Store: ${isFailure(cache) ? failure(cache) : cacheLine(cache)}`,
    `- Sessions: ${isFailure(sessions) ? failure(sessions) : ''}`,
    ...(isFailure(sessions) ? [] : sessions.sessions.map(sessionLine)),
    '- Environments:',
    ...environments.map(({ kind, packages, states }) => `  - ${kind}: ${packages} packages (${tally(states)})`),
    '',
    '<details><summary>The end of the log</summary>',
    '',
    '```',
    ...input.log,
    '```',
    '',
    '</details>',
    '',
  ];
  return tidy(lines.join('\n'), input.home);
}

const daemonLine = (d: ResultOf<'daemon/status'>): string =>
  `${d.version} on Node ${d.node}, started ${d.startedAt}, ${d.clients} clients, ${d.jobs} jobs, ${formatBytes(d.memory)} of memory${d.draining ? ', draining' : ''}`;

const cacheLine = (c: ResultOf<'cache/status'>): string =>
  `${c.blobs} blobs, ${formatBytes(c.bytes)}${c.quota === null ? '' : ` of ${formatBytes(c.quota)}`}, ${c.partial} unfinished, ${c.pinned} pinned`;

/** Who is signed in is nobody's business in a bug report; where the credential comes from is. */
const sessionLine = (s: ResultOf<'session/list'>['sessions'][number]): string =>
  `  - ${s.host}: ${s.kind} from ${s.source}${s.lastError === null ? '' : ` — ${s.lastError}`}`;

const failure = ({ code, message }: ErrorDocument): string => `${code} — ${message}`;

const isFailure = (value: object): value is ErrorDocument => 'code' in value && 'message' in value;

const tally = (states: Record<string, number>): string =>
  Object.entries(states)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');

function tidy(text: string, home: string): string {
  const short = home.length > 1 ? text.replaceAll(home, '~') : text;
  return short.split('\n').map(redact).join('\n');
}
