import { type Command, flag, text, texts } from '../command.ts';
import { layoutOption, parseLayout } from '../layout-option.ts';

const options = {
  layout: layoutOption,
  subdir: { type: 'string', multiple: true, placeholder: 'SUBDIR', help: 'only this subdir (may be repeated)' },
  name: {
    type: 'string',
    multiple: true,
    placeholder: 'PACKAGE',
    help: 'also look for this package, where the registry has no catalog',
  },
} as const satisfies Command['options'];

export const channelIndex: Command = {
  name: 'channel index',
  summary: "rebuild a channel's repodata from the registry's tags and index layers alone",
  arguments: 'oci://HOST/CHANNEL',
  options: { ...options, 'dry-run': { type: 'boolean', help: 'say what would change, and change nothing' } },
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, values, session }) => {
    const result = await session.request('channel/index', {
      ...paramsOf(positionals, values),
      dryRun: flag(values, 'dry-run'),
    });
    if (session.json) session.document(result);
    else {
      session.table(
        [
          { title: 'SUBDIR' },
          { title: 'PACKAGES', align: 'right' },
          { title: 'ADDED', align: 'right' },
          { title: 'REMOVED', align: 'right' },
          { title: 'MANIFEST', shrink: 1 },
        ],
        result.subdirs.map((s) => [s.subdir, String(s.packages), String(s.added), String(s.removed), s.digest ?? '']),
      );
    }
    for (const warning of result.warnings) session.warn(warning);
    return 0;
  },
};

export const channelDiff: Command = {
  name: 'channel diff',
  summary: 'where a channel and its repodata disagree',
  arguments: 'oci://HOST/CHANNEL',
  options,
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, values, session }) => {
    const result = await session.request('channel/diff', paramsOf(positionals, values));
    if (session.json) session.document(result);
    else if (result.differences.length === 0) session.line('The channel and its repodata agree.');
    else {
      session.table(
        [
          { title: 'SUBDIR' },
          { title: 'FILE', shrink: 1 },
          { title: 'DIFFERENCE' },
          { title: 'LISTED', optional: 1 },
          { title: 'STORED', optional: 1 },
        ],
        result.differences.map((d) => [
          d.subdir,
          d.fileName,
          d.kind,
          d.listed?.slice(0, 12) ?? '',
          d.stored?.slice(0, 12) ?? '',
        ]),
      );
    }
    for (const warning of result.warnings) session.warn(warning);
    return result.differences.length === 0 ? 0 : 3;
  },
};

function paramsOf(positionals: readonly string[], values: Parameters<typeof text>[0]) {
  const layout = parseLayout(text(values, 'layout'));
  const subdirs = texts(values, 'subdir');
  const names = texts(values, 'name');
  return {
    channel: positionals[0] ?? '',
    ...(layout === undefined ? {} : { layout }),
    ...(subdirs.length === 0 ? {} : { subdirs }),
    ...(names.length === 0 ? {} : { names }),
  };
}
