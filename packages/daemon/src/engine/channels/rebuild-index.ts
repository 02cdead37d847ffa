import type { ChannelDifference, LayoutVersion, ResultOf } from '@condock/protocol';
import { formatOciChannel } from '../../layout/channel.ts';
import { applyPatchInstructions } from '../../layout/repodata/patch-instructions.ts';
import { addRecords, emptyRepodata, recordFromIndex } from '../../layout/repodata/records.ts';
import { equalJson } from '../../layout/repodata/stable-json.ts';
import { type JsonObject, RECORD_SECTIONS, type Repodata } from '../../layout/repodata/types.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { CallContext } from '../engine-host.ts';
import { Progress } from '../packages/progress.ts';
import type { TransferOptions } from '../transfer/transfers.ts';
import { confirmChange, putChange, type UpdateParts } from './document-update.ts';
import { placeOf, readDocument } from './metadata-documents.ts';
import { scanSubdir, type ScanParts, type StoredPackage } from './scan-channel.ts';

export type RebuildParts = ScanParts & UpdateParts;

export interface RebuildOptions {
  channel: OciChannel;
  layout: LayoutVersion;
  subdirs: readonly string[];
  names: readonly string[];
  request: TransferOptions & { signal: AbortSignal };
}

/** What a subdir holds beside what its repodata says. */
interface Comparison {
  subdir: string;
  stored: StoredPackage[];
  current: Repodata | undefined;
  warnings: string[];
}

export async function compareSubdir(
  subdir: string,
  options: RebuildOptions,
  parts: RebuildParts,
  onFound?: () => void,
): Promise<Comparison> {
  const { channel, layout, request } = options;
  const current = (await readDocument(placeOf(channel, subdir, layout, 'repodata'), parts.registry, request))?.json as
    Repodata | undefined;
  const names = new Set([...options.names, ...namesIn(current)]);
  const { packages, warnings } = await scanSubdir(
    { channel, layout, subdir, names: [...names], request, ...(onFound === undefined ? {} : { onFound }) },
    parts,
  );
  return { subdir, stored: packages, current, warnings };
}

function namesIn(repodata: Repodata | undefined): string[] {
  return recordsOf(repodata).flatMap(([, record]) => (typeof record.name === 'string' ? [record.name] : []));
}

function recordsOf(repodata: Repodata | undefined): [string, JsonObject][] {
  return RECORD_SECTIONS.flatMap((section) => Object.entries(repodata?.[section] ?? {}));
}

/** Rebuilds repodata from the registry alone; yanks and hotfixes of the patch instructions are applied again. */
export async function rebuildIndex(
  options: RebuildOptions & { dryRun: boolean },
  parts: RebuildParts,
  context: CallContext,
): Promise<ResultOf<'channel/index'>> {
  const progress = new Progress(context.progress, `Index ${formatOciChannel(options.channel)}`, {
    packages: 0,
    bytes: 0,
  });
  const result: ResultOf<'channel/index'> = { subdirs: [], warnings: [] };
  try {
    for (const subdir of options.subdirs) {
      const comparison = await compareSubdir(subdir, options, parts, () => progress.addPackage(subdir));
      result.warnings.push(...comparison.warnings);
      result.subdirs.push(await rebuildSubdir(comparison, options, parts));
    }
    return result;
  } finally {
    progress.end();
  }
}

async function rebuildSubdir(
  { subdir, stored, current }: Comparison,
  options: RebuildOptions & { dryRun: boolean },
  parts: RebuildParts,
): Promise<ResultOf<'channel/index'>['subdirs'][number]> {
  const { channel, layout, request } = options;
  const instructions = await readDocument(
    placeOf(channel, subdir, layout, 'patch_instructions'),
    parts.registry,
    request,
  );
  const raw = addRecords(
    { ...emptyRepodata(subdir), removed: current?.removed ?? [] },
    stored.map((p) => recordOf(p, current)),
  );
  const next = instructions === undefined ? raw : applyPatchInstructions(raw, instructions.json);
  const before = new Map(recordsOf(current));
  const after = new Map(recordsOf(next));
  const counts = {
    subdir,
    packages: after.size,
    added: [...after.keys()].filter((name) => !before.has(name)).length,
    removed: [...before.keys()].filter((name) => !after.has(name)).length,
  };
  if (options.dryRun || (current !== undefined && sameRecords(current, next))) return { ...counts, digest: null };
  const edit = { apply: () => next, holds: (there: JsonObject) => sameRecords(there as Repodata, next) };
  const put = await putChange(placeOf(channel, subdir, layout, 'repodata'), edit, parts, request);
  return { ...counts, digest: await confirmChange(put, parts, request) };
}

const sameRecords = (a: Repodata, b: Repodata): boolean =>
  RECORD_SECTIONS.every((section) => equalJson(a[section], b[section]));

/** A v1 manifest says no MD5; the record that is replaced may know the one of these very bytes. */
function recordOf(stored: StoredPackage, current: Repodata | undefined) {
  const sha256 = stored.archive.digest.slice('sha256:'.length);
  const known = recordsOf(current).find(([name, record]) => name === stored.fileName && record.sha256 === sha256)?.[1];
  const md5 = stored.archive.md5 ?? (typeof known?.md5 === 'string' ? known.md5 : undefined);
  return recordFromIndex(stored.index, {
    fileName: stored.fileName,
    sha256,
    size: stored.archive.size,
    ...(md5 === undefined ? {} : { md5 }),
  });
}

/** Where a channel and its repodata disagree, package by package. */
export async function diffChannel(
  options: RebuildOptions,
  parts: RebuildParts,
  context: CallContext,
): Promise<ResultOf<'channel/diff'>> {
  const progress = new Progress(context.progress, `Compare ${formatOciChannel(options.channel)}`, {
    packages: 0,
    bytes: 0,
  });
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

function differencesOf({ subdir, stored, current }: Comparison): ChannelDifference[] {
  const listed = new Map(
    recordsOf(current).map(([name, record]) => [name, typeof record.sha256 === 'string' ? record.sha256 : null]),
  );
  const held = new Map(stored.map((p) => [p.fileName, p.archive.digest.slice('sha256:'.length)]));
  const differences: ChannelDifference[] = [];
  for (const [fileName, sha256] of held) {
    const said = listed.get(fileName);
    if (said === undefined) differences.push({ subdir, fileName, kind: 'not-listed', listed: null, stored: sha256 });
    else if (said !== null && said !== sha256)
      differences.push({ subdir, fileName, kind: 'other-digest', listed: said, stored: sha256 });
  }
  for (const [fileName, sha256] of listed) {
    if (!held.has(fileName)) differences.push({ subdir, fileName, kind: 'not-stored', listed: sha256, stored: null });
  }
  return differences;
}
