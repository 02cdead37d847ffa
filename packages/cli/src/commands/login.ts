import { CondockError } from '@condock/protocol';
import { type Command, type ExitCode, flag, text } from '../command.ts';
import { readFirstLine, readSecret, readTyped } from '../stdin.ts';
import type { Session } from '../session.ts';

export const login: Command = {
  name: 'login',
  summary: 'check a credential against its registry and keep it, or see what other tools keep',
  arguments: 'HOST',
  options: {
    username: {
      type: 'string',
      short: 'u',
      placeholder: 'NAME',
      help: 'asked for where it is missing, as the secret is; that is never an argument',
    },
    'password-stdin': {
      type: 'boolean',
      help: 'read the secret from stdin without asking, as happens anyway where stdin is no terminal',
    },
    'identity-token': { type: 'boolean', help: 'the secret is an OAuth refresh token' },
    bearer: { type: 'boolean', help: 'the secret is a ready bearer token' },
    keep: {
      type: 'string',
      placeholder: 'keychain|file|memory',
      help: 'default keychain; file is plain text that only you can read',
    },
    from: {
      type: 'string',
      placeholder: 'docker|podman|pixi',
      help: 'say what these tools keep; with --keep (and HOST for one alone), take it over',
    },
  },
  positionals: { min: 0, max: 1 },
  run: async ({ positionals, values, session }) => {
    const host = positionals[0];
    const from = text(values, 'from');
    const keep = parseKeep(text(values, 'keep'));
    if (from !== undefined) return importFrom(from, { host, keep }, session);
    if (host === undefined)
      throw new CondockError('usage', 'No registry is named.', { hint: 'Example: condock login ghcr.io -u NAME' });
    const kind = flag(values, 'identity-token') ? 'identity-token' : flag(values, 'bearer') ? 'bearer' : 'basic';
    const piped = flag(values, 'password-stdin');
    const username = text(values, 'username') ?? (kind === 'basic' ? await askName(host, piped, session) : undefined);
    const secret = piped
      ? await readFirstLine(session.stdin)
      : await readSecret(
          session.stdin,
          `Password or token for ${username === undefined ? host : `${username} at ${host}`}: `,
          session.terminal.err,
        );
    if (secret === '') throw new CondockError('usage', 'The secret is empty.', { hint: 'Nothing was changed.' });
    const kept = await session.request('session/login', {
      host,
      secret,
      kind,
      ...(username === undefined ? {} : { username }),
      ...(keep === undefined ? {} : { keep }),
    });
    if (session.json) session.document(kept);
    else {
      const who = kept.username === null ? '' : ` as ${kept.username}`;
      session.line(`Signed in to ${kept.host}${who}; kept in: ${kept.source}.`);
    }
    if (kept.note !== null) session.warn(kept.note);
    return 0;
  },
};

/** Whoever pipes a secret in has no line left for a name. */
async function askName(host: string, piped: boolean, session: Session): Promise<string> {
  const terminal = !piped && session.stdin.isTTY;
  const name = terminal
    ? await readTyped(session.stdin, `User name at ${host}: `, session.terminal.err, { echo: true })
    : '';
  if (name !== '') return name;
  throw new CondockError('usage', 'No user name is given.', { hint: `Example: condock login ${host} -u NAME` });
}

type Place = 'keychain' | 'file' | 'memory';

async function importFrom(
  from: string,
  { host, keep }: { host: string | undefined; keep: Place | undefined },
  session: Session,
): Promise<ExitCode> {
  if (from !== 'docker' && from !== 'podman' && from !== 'pixi') {
    throw new CondockError('usage', `"${from}" is not known as a place of credentials.`, {
      hint: 'Known: docker, podman, pixi.',
    });
  }
  const { found, warnings } = await session.request('session/import', {
    from,
    ...(keep === undefined ? {} : { keep }),
    ...(host === undefined ? {} : { host }),
  });
  if (session.json) session.document(found);
  else if (found.length === 0)
    session.line(`${from} keeps no credentials here${host === undefined ? '' : ` for ${host}`}.`);
  else {
    session.table(
      [{ title: 'HOST' }, { title: 'USER', shrink: 1 }, { title: 'SOURCE', shrink: 1 }, { title: 'KEPT' }],
      found.map((f) => [f.host, f.username ?? '', f.source, f.kept ? 'yes' : '']),
    );
  }
  for (const { host: name, note } of found) if (note !== null) session.warn(`${name}: ${note}`);
  for (const warning of warnings) session.warn(warning);
  if (keep === undefined) {
    if (found.length > 0)
      session.note('Condock uses these where they are. To keep a copy of its own: add HOST and --keep keychain.');
    return 0;
  }
  const kept = found.filter((one) => one.kept).length;
  return kept === 0 ? 1 : kept === found.length ? 0 : 3;
}

function parseKeep(value: string | undefined): Place | undefined {
  if (value === undefined || value === 'keychain' || value === 'file' || value === 'memory') return value;
  throw new CondockError('usage', `"${value}" is no place to keep a secret.`, {
    hint: 'Places are keychain, file and memory.',
  });
}
