import type { Command } from '../command.ts';

/** A big environment has hundreds of them: all are in the document of `--json`. */
const SHOWN = 2;

function summary(scopes: readonly string[]): string {
  if (scopes.length <= SHOWN) return scopes.join(', ');
  return `${scopes.slice(0, SHOWN).join(', ')} and ${String(scopes.length - SHOWN)} more`;
}

export const sessions: Command = {
  name: 'sessions',
  summary: 'registries with a session or a credential: who, from where, until when; never a secret',
  positionals: { min: 0, max: 0 },
  run: async ({ session }) => {
    const found = await session.request('session/list', {});
    if (session.json) session.document(found);
    else if (found.sessions.length === 0) {
      session.line('No credentials and no sessions.');
      session.note('Public registries need none. Sign in with: condock login HOST -u NAME');
    } else {
      session.table(
        [
          { title: 'HOST' },
          { title: 'USER', shrink: 1 },
          { title: 'SOURCE', shrink: 1 },
          { title: 'KIND' },
          { title: 'SCOPES', shrink: 1, optional: 2 },
          { title: 'EXPIRES', optional: 1 },
        ],
        found.sessions.map((s) => [
          s.namespace === null ? s.host : `${s.host}/${s.namespace}`,
          s.username ?? '',
          s.source,
          s.kind,
          summary(s.scopes.map((x) => x.scope)),
          s.scopes.flatMap((x) => (x.expiresAt === null ? [] : [x.expiresAt])).sort()[0] ?? '',
        ]),
      );
    }
    for (const { host, lastError } of found.sessions) if (lastError !== null) session.warn(`${host}: ${lastError}`);
    for (const warning of found.warnings) session.warn(warning);
    return 0;
  },
};
