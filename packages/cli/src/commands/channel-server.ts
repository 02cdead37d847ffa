import type { ChannelServerDocument } from '@condock/protocol';
import { CondockError } from '@condock/protocol';
import { type Command, text } from '../command.ts';
import type { Session } from '../session.ts';

export const channelServe: Command = {
  name: 'channel serve',
  summary: 'serve channels to conda, mamba and pixi over loopback, below an unguessable path',
  options: { port: { type: 'string', placeholder: 'PORT', help: 'default: the one used before, or any free one' } },
  positionals: { min: 0, max: 0 },
  run: async ({ values, session }) => {
    const port = text(values, 'port');
    if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535))
      throw new CondockError('usage', `"${port}" is no port.`, { hint: 'A port is 1 to 65535.' });
    report(await session.request('channel/serve', port === undefined ? {} : { port: Number(port) }), session);
    return 0;
  },
};

export const channelStop: Command = {
  name: 'channel stop',
  summary: 'end the loopback channel',
  positionals: { min: 0, max: 0 },
  run: async ({ session }) => {
    await session.request('channel/stop', {});
    if (session.json) session.document({ running: false });
    else session.line('The loopback channel is closed.');
    return 0;
  },
};

export const channelStatus: Command = {
  name: 'channel status',
  summary: 'what the loopback channel serves',
  positionals: { min: 0, max: 0 },
  run: async ({ session }) => {
    report(await session.request('channel/status', {}), session);
    return 0;
  },
};

export const channelUrl: Command = {
  name: 'channel url',
  summary: 'the loopback URL of a channel, to paste where a conda client wants a channel',
  arguments: 'CHANNEL',
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, session }) => {
    const served = await session.request('channel/url', { channel: positionals[0] ?? '' });
    if (session.json) session.document(served);
    else session.line(served.url);
    session.note(`Packages come from: ${served.upstreams.join(', then ')}`);
    return 0;
  },
};

function report(status: ChannelServerDocument, session: Session): void {
  if (session.json) {
    session.document(status);
    return;
  }
  if (!status.running) {
    session.line('The loopback channel is closed. Open it with: condock channel serve');
    return;
  }
  session.line(
    `Serving at ${status.base ?? ''}${status.offline ? ' (upstream does not answer: what is cached is served)' : ''}`,
  );
  if (status.channels.length > 0) {
    session.table(
      [{ title: 'CHANNEL' }, { title: 'URL', shrink: 1 }, { title: 'FROM', shrink: 1, optional: 1 }],
      status.channels.map((c) => [c.name, c.url, c.upstreams.join(', ')]),
    );
  }
}
