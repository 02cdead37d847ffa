import { type Command, text } from '../command.ts';

export const registryTest: Command = {
  name: 'registry test',
  summary: 'what a registry is and can do, in plain words',
  arguments: 'HOST',
  options: {
    repository: {
      type: 'string',
      placeholder: 'PATH',
      help: 'also try what may be done there (nothing is left behind)',
    },
  },
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, values, session }) => {
    const repository = text(values, 'repository');
    const found = await session.request('session/test', {
      host: positionals[0] ?? '',
      ...(repository === undefined ? {} : { repository }),
    });
    if (session.json) session.document(found);
    else {
      session.line(
        `${found.host}: ${found.reachable ? 'a registry answers' : 'no registry answers'}; authentication: ${found.auth}`,
      );
      if (found.reachable) {
        const login = found.source === 'anonymous' ? 'none' : `${found.username ?? 'a token'} (${found.source})`;
        session.line(`login: ${login}`);
        for (const [name, can] of Object.entries(found.capabilities)) session.line(`  ${name.padEnd(16)}${can}`);
      }
      for (const note of found.notes) session.line(note);
    }
    // A registry whose way of logging in is not known, or not safe, is of no use.
    return found.reachable && found.auth !== 'unknown' ? 0 : 1;
  },
};
