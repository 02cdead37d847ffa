import { CondockError } from '@condock/protocol';
import { type Command, flag, text } from '../command.ts';
import { readSecret } from '../stdin.ts';
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
      help: 'the secret is then asked for, or read from stdin; never an argument',
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
      help: 'say what these tools keep; with HOST and --keep, take it over',
    },
  },
  positionals: { min: 0, max: 1 },
  run: async ({ positionals, values, session }) => {
    const host = positionals[0];
    const from = text(values, 'from');
    const keep = parseKeep(text(values, 'keep'));
    if (from !== undefined) return importFrom(from, host, keep !== undefined, session);
    if (host === undefined)
      throw new CondockError('usage', 'No registry is named.', { hint: 'Example: condock login ghcr.io -u NAME' });
    const kind = flag(values, 'identity-token') ? 'identity-token' : flag(values, 'bearer') ? 'bearer' : 'basic';
    const username = text(values, 'username');
    if (kind === 'basic' && username === undefined) {
      throw new CondockError('usage', 'No user name is given.', { hint: `Example: condock login ${host} -u NAME` });
    }
    const secret = await readSecret(
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
    else
      session.line(
        `Signed in to ${kept.host}${kept.username === null ? '' : ` as ${kept.username}`}; kept in: ${kept.source}.`,
      );
    return 0;
  },
};

async function importFrom(from: string, host: string | undefined, keep: boolean, session: Session): Promise<0> {
  if (from !== 'docker' && from !== 'podman' && from !== 'pixi') {
    throw new CondockError('usage', `"${from}" is not known as a place of credentials.`, {
      hint: 'Known: docker, podman, pixi.',
    });
  }
  const { found } = await session.request('session/import', { from, keep, ...(host === undefined ? {} : { host }) });
  if (session.json) session.document(found);
  else if (found.length === 0)
    session.line(`${from} keeps no credentials here${host === undefined ? '' : ` for ${host}`}.`);
  else {
    session.table(
      [
        { title: 'HOST' },
        { title: 'USER', shrink: 1 },
        { title: 'SOURCE', shrink: 1 },
        { title: 'KEPT' },
        { title: 'NOTE', shrink: 1, optional: 1 },
      ],
      found.map((f) => [f.host, f.username ?? '', f.source, f.kept ? 'yes' : '', f.note ?? '']),
    );
    if (!keep)
      session.note('Condock uses these where they are. To keep a copy of its own: add HOST and --keep keychain.');
  }
  return 0;
}

function parseKeep(value: string | undefined): 'keychain' | 'file' | 'memory' | undefined {
  if (value === undefined || value === 'keychain' || value === 'file' || value === 'memory') return value;
  throw new CondockError('usage', `"${value}" is no place to keep a secret.`, {
    hint: 'Places are keychain, file and memory.',
  });
}
