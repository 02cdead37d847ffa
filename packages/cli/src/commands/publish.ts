import { CondockError } from '@condock/protocol';
import { type Command, flag, text, texts } from '../command.ts';
import { absolute } from '../paths.ts';
import { formatBytes } from '../terminal/amounts.ts';

export const publish: Command = {
  name: 'publish',
  summary: 'put builds into a channel in a registry: blobs, manifest, tag, and the repodata last',
  arguments: 'FILE…',
  options: {
    to: { type: 'string', placeholder: 'oci://…', help: 'the channel: oci://HOST/CHANNEL' },
    layout: {
      type: 'string',
      placeholder: 'v0|v1|both',
      help: 'v0: what the public mirrors hold (default); v1: the draft CEP',
    },
    'dry-run': { type: 'boolean', help: 'say what would move, and move nothing' },
    'no-index': { type: 'boolean', help: "leave the channel's repodata alone" },
    force: { type: 'boolean', help: 'replace an existing build by other bytes' },
    subdir: { type: 'string', placeholder: 'SUBDIR', help: 'only where the package does not say one' },
    label: { type: 'string', placeholder: 'LABEL', help: 'publish under this label of the channel' },
    'mount-from': {
      type: 'string',
      multiple: true,
      placeholder: 'oci://…',
      help: 'a channel on the same host that may hold the blobs',
    },
  },
  positionals: { min: 1, max: 10_000 },
  run: async ({ positionals, values, session }) => {
    const to = text(values, 'to');
    if (to === undefined)
      throw new CondockError('usage', 'No channel is named.', { hint: 'Say where to: --to oci://HOST/CHANNEL' });
    const layout = text(values, 'layout');
    if (layout !== undefined && layout !== 'v0' && layout !== 'v1' && layout !== 'both') {
      throw new CondockError('usage', `"${layout}" is no layout.`, { hint: 'Layouts are v0, v1 and both.' });
    }
    const label = text(values, 'label');
    const subdir = text(values, 'subdir');
    const dryRun = flag(values, 'dry-run');
    const rows = await session.request('publish/run', {
      files: positionals.map((p) => absolute(p, session.cwd)),
      to,
      ...(layout === undefined ? {} : { layout }),
      ...(label === undefined ? {} : { label }),
      ...(subdir === undefined ? {} : { subdir }),
      dryRun,
      index: !flag(values, 'no-index'),
      force: flag(values, 'force'),
      mountFrom: texts(values, 'mount-from'),
    });
    if (session.json) session.document(rows);
    else {
      for (const row of rows) {
        if (row.error !== undefined) {
          session.complain(`${session.colors.red('failed')}  ${row.file}: ${row.error.message}`);
          if (row.error.hint !== undefined) session.complain(`        ${row.error.hint}`);
          continue;
        }
        session.line(`${session.colors.green(dryRun ? 'would publish' : 'published')}  ${row.reference ?? ''}`);
        session.line(`  ${session.colors.dim(`${row.manifestDigest ?? ''}  ${describeBlobs(row.blobs, dryRun)}`)}`);
      }
      for (const warning of new Set(rows.flatMap((row) => (row.warnings ?? []).map((w) => `${row.file}: ${w}`))))
        session.warn(warning);
    }
    const failed = rows.filter((r) => r.error !== undefined).length;
    return failed === 0 ? 0 : failed === rows.length ? 1 : 3;
  },
};

function describeBlobs(
  blobs: readonly { size: number; moved: 'uploaded' | 'mounted' | 'present' }[],
  dryRun: boolean,
): string {
  const parts = (['uploaded', 'mounted', 'present'] as const).flatMap((how) => {
    const those = blobs.filter((b) => b.moved === how);
    if (those.length === 0) return [];
    const bytes = formatBytes(those.reduce((sum, b) => sum + b.size, 0));
    const done = dryRun ? { uploaded: 'to upload', mounted: 'to mount', present: 'present' }[how] : how;
    return [`${those.length} ${done}${how === 'uploaded' ? ` (${bytes})` : ''}`];
  });
  return `blobs: ${parts.join(', ')}`;
}
