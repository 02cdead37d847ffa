import type { Command } from '../command.ts';

export const logout: Command = {
  name: 'logout',
  summary: 'forget what login kept for a host; what other tools keep stays',
  arguments: 'HOST',
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, session }) => {
    const host = positionals[0] ?? '';
    const { removed } = await session.request('session/logout', { host });
    if (session.json) session.document({ host, removed });
    else session.line(removed.length === 0 ? `Condock kept nothing for ${host}.` : `Forgotten: ${removed.join(', ')}.`);
    return 0;
  },
};
