import type { Command } from '../command.ts';

export const logout: Command = {
  name: 'logout',
  summary: 'forget what login kept for a host; what other tools keep stays',
  arguments: 'HOST',
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, session }) => {
    const host = positionals[0] ?? '';
    const { removed, remaining } = await session.request('session/logout', { host });
    if (session.json) session.document({ host, removed, remaining });
    else session.line(removed.length === 0 ? `Condock kept nothing for ${host}.` : `Forgotten: ${removed.join(', ')}.`);
    if (remaining !== null) {
      session.warn(`${remaining} still holds a login for ${host}, and Condock goes on using it. Log out there too.`);
    }
    return 0;
  },
};
