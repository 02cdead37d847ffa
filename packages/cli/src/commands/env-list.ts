import { discoveryVariables } from '@condock/protocol';
import type { Command } from '../command.ts';
import { absolute, withinFolder } from '../paths.ts';

export const envList: Command = {
  name: 'env list',
  summary: 'environments of this folder, or of the folders named, and of this machine',
  arguments: '[FOLDER…]',
  options: { machine: { type: 'boolean', help: "only the user's own: conda roots, environments.txt, pixi global" } },
  positionals: { min: 0, max: 1000 },
  run: async ({ positionals, values, session }) => {
    const folders =
      values.machine === true
        ? []
        : (positionals.length > 0 ? positionals : ['.']).map((p) => absolute(p, session.cwd));
    const params = { folders, machine: positionals.length === 0, variables: discoveryVariables(session.env) };
    const found = await session.request('env/discover', params, { store: false });
    if (session.json) session.document(found);
    else if (found.environments.length === 0) {
      session.line('No environments here.');
      session.note(
        'Looked for installed prefixes, pixi.lock, conda-lock.yml and explicit files. Name another folder: condock env list FOLDER',
      );
    } else {
      session.table(
        [
          { title: 'PATH', shrink: 1, least: 40, cutFront: true },
          { title: 'KIND' },
          { title: 'ENVIRONMENTS', shrink: 1, optional: 1 },
          { title: 'PLATFORMS', shrink: 1, least: 16, optional: 2 },
          { title: 'NOTE', shrink: 1, least: 24, optional: 3 },
        ],
        found.environments.map((e) => [
          withinFolder(e.path, session.cwd),
          e.kind,
          e.names.join(', '),
          e.platforms.join(', '),
          e.note ?? '',
        ]),
      );
    }
    for (const warning of found.warnings) session.warn(warning);
    return 0;
  },
};
