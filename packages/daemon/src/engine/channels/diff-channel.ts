import type { ChannelDifference, ResultOf } from '@condock/protocol';
import { formatOciChannel } from '../../layout/channel.ts';
import { compareCodePoints } from '../../layout/repodata/stable-json.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import { compareSubdir, type CompareOptions, type Comparison, recordsOf, wanted } from './compare-subdir.ts';
import type { ScanParts } from './read-tag.ts';

/** Where a channel and its repodata disagree, package by package. What was yanked is not listed on purpose: no difference. */
export async function diffChannel(
  options: CompareOptions,
  parts: ScanParts,
  context: CallContext,
): Promise<ResultOf<'channel/diff'>> {
  const title = `Compare ${formatOciChannel(options.channel)}`;
  const progress = new Progress(context.progress, title, { packages: 0, bytes: 0 });
  const result: ResultOf<'channel/diff'> = { differences: [], warnings: [] };
  try {
    for (const subdir of options.subdirs) {
      const comparison = await compareSubdir(subdir, options, parts, () => progress.addPackage(subdir));
      result.warnings.push(...comparison.warnings);
      result.differences.push(...differencesOf(comparison));
    }
    return result;
  } finally {
    progress.end();
  }
}

function differencesOf(comparison: Comparison): ChannelDifference[] {
  const { subdir, stored, current, isUnread } = comparison;
  const listed = new Map(
    recordsOf(current).map(([name, { sha256 }]) => [name, typeof sha256 === 'string' ? sha256 : null]),
  );
  const held = new Map(stored.map((p) => [p.fileName, p.archive.digest.slice('sha256:'.length)]));
  const unyanked = new Set(wanted(comparison).map((p) => p.fileName));
  const differences: ChannelDifference[] = [];
  for (const [fileName, sha256] of held) {
    const said = listed.get(fileName);
    if (said === undefined && unyanked.has(fileName))
      differences.push({ subdir, fileName, kind: 'not-listed', listed: null, stored: sha256 });
    else if (typeof said === 'string' && said !== sha256)
      differences.push({ subdir, fileName, kind: 'other-digest', listed: said, stored: sha256 });
  }
  for (const [fileName, sha256] of listed) {
    if (!held.has(fileName) && !isUnread(fileName))
      differences.push({ subdir, fileName, kind: 'not-stored', listed: sha256, stored: null });
  }
  return differences.sort((a, b) => compareCodePoints(a.fileName, b.fileName));
}
