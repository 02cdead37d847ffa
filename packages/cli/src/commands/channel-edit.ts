import { CondockError } from '@condock/protocol';
import { type Command, flag, text, texts } from '../command.ts';
import { layoutOption, parseLayout } from '../layout-option.ts';
import type { Session } from '../session.ts';
import { formatBytes } from '../terminal/amounts.ts';

export const channelRemove: Command = {
  name: 'channel remove',
  summary: 'take builds out of a channel: out of the repodata first, then the manifests',
  arguments: 'oci://HOST/CHANNEL SUBDIR/FILENAME…',
  options: {
    layout: layoutOption,
    yank: { type: 'boolean', help: 'only out of the repodata, by patch instructions; locks that name them still work' },
    'dry-run': { type: 'boolean', help: 'say what would go, and remove nothing' },
  },
  positionals: { min: 2, max: 10_000 },
  run: async ({ positionals, values, session }) => {
    const [channel = '', ...packages] = positionals;
    const layout = parseLayout(text(values, 'layout'));
    const rows = await session.request('channel/remove', {
      channel,
      packages,
      yank: flag(values, 'yank'),
      dryRun: flag(values, 'dry-run'),
      ...(layout === undefined ? {} : { layout }),
    });
    if (session.json) session.document(rows);
    const done = flag(values, 'yank') ? ['yanked', 'would be yanked'] : ['gone', 'would go'];
    for (const row of rows) {
      if (row.error === undefined)
        session.line(`${row.package}  ${(row.done ? done[flag(values, 'dry-run') ? 1 : 0] : 'was not there') ?? ''}`);
      else explain(row.package, row.error, session);
    }
    const failed = rows.filter((r) => r.error !== undefined).length;
    return failed === 0 ? 0 : failed === rows.length ? 1 : 3;
  },
};

export const channelCopy: Command = {
  name: 'channel copy',
  summary: 'copy or convert a channel, or some of its packages; only missing blobs move',
  arguments: 'oci://FROM [SUBDIR/FILENAME…]',
  options: {
    to: { type: 'string', placeholder: 'oci://…', help: 'the channel to copy to' },
    'from-layout': { ...layoutOption, help: 'layout of the source (default v0)' },
    layout: { ...layoutOption, help: 'layout at the target (default: that of the source)' },
    subdir: { type: 'string', multiple: true, placeholder: 'SUBDIR', help: 'only this subdir (may be repeated)' },
    force: { type: 'boolean', help: 'replace existing builds by other bytes' },
    'dry-run': { type: 'boolean', help: 'say what would move, and move nothing' },
  },
  positionals: { min: 1, max: 10_000 },
  run: async ({ positionals, values, session }) => {
    const [from = '', ...packages] = positionals;
    const to = text(values, 'to');
    if (to === undefined)
      throw new CondockError('usage', 'No target is named.', { hint: 'Say where to: --to oci://HOST/CHANNEL' });
    const fromLayout = parseLayout(text(values, 'from-layout'));
    const layout = parseLayout(text(values, 'layout'));
    const subdirs = texts(values, 'subdir');
    const result = await session.request('channel/copy', {
      from,
      to,
      ...(packages.length === 0 ? {} : { packages }),
      ...(subdirs.length === 0 ? {} : { subdirs }),
      ...(fromLayout === undefined ? {} : { fromLayout }),
      ...(layout === undefined ? {} : { layout }),
      force: flag(values, 'force'),
      dryRun: flag(values, 'dry-run'),
    });
    if (session.json) session.document(result);
    else {
      const { uploaded, mounted, present } = result.blobs;
      const [copied, there, moved] = flag(values, 'dry-run')
        ? ['would be copied', 'are there', 'to upload']
        : ['copied', 'were there', 'uploaded'];
      session.line(
        `${result.copied} ${copied}, ${result.present} ${there}; blobs: ${uploaded} ${moved} (${formatBytes(result.bytes)}), ${mounted} ${flag(values, 'dry-run') ? 'to mount' : 'mounted'}, ${present} present`,
      );
    }
    for (const { package: name, error } of result.failed) explain(name, error, session);
    return result.failed.length === 0 ? 0 : result.copied + result.present > 0 ? 3 : 1;
  },
};

function explain(name: string, error: { message: string; hint?: string | undefined }, session: Session): void {
  session.complain(`${session.colors.red('failed')}  ${name}: ${error.message}`);
  if (error.hint !== undefined) session.complain(`        ${error.hint}`);
}
