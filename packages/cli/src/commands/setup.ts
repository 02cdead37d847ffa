import { CondockError } from '@condock/protocol';
import { type Command, flag, text } from '../command.ts';
import { absolute } from '../paths.ts';

export const setup: Command = {
  name: 'setup',
  summary: "show, write (--apply) or take back (--revert) a client's mirror configuration for the loopback channel",
  arguments: 'pixi|mamba|conda [CHANNEL]',
  options: {
    apply: { type: 'boolean', help: 'write it' },
    revert: { type: 'boolean', help: 'take back what was written for CHANNEL, or for all' },
    file: { type: 'string', placeholder: 'PATH', help: "another file than the client's own configuration" },
  },
  positionals: { min: 1, max: 2 },
  run: async ({ positionals, values, session }) => {
    const [client, channel] = positionals;
    if (client !== 'pixi' && client !== 'mamba' && client !== 'conda') {
      throw new CondockError('usage', `"${client ?? ''}" is not known.`, {
        hint: 'Known clients: pixi, mamba, conda.',
      });
    }
    const file = text(values, 'file');
    const action = flag(values, 'revert') ? 'revert' : flag(values, 'apply') ? 'apply' : 'show';
    const result = await session.request('channel/setup', {
      client,
      action,
      ...(channel === undefined ? {} : { channel }),
      ...(file === undefined ? {} : { file: absolute(file, session.cwd) }),
    });
    if (session.json) session.document(result);
    else {
      for (const change of result.changes) {
        session.line(session.colors.bold(change.path));
        session.line(change.after?.trimEnd() ?? '(the file goes away)');
      }
      if (result.changes.length === 0) session.line('Nothing to change.');
    }
    for (const note of result.notes) session.note(note);
    if (result.applied) session.note('Written.');
    else if (result.changes.length > 0) session.note('Nothing was written. To write it: add --apply');
    return 0;
  },
};
