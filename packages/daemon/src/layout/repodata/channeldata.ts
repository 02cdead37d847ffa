import { compareVersions } from '../../conda/version-order.ts';
import { compareCodePoints, isJsonObject } from './stable-json.ts';
import type { Channeldata, JsonObject } from './types.ts';

export const emptyChanneldata = (): Channeldata => ({ channeldata_version: 1, subdirs: [], packages: {} });

/** What one published package says to channeldata. */
export interface ChanneldataSource {
  /** info/index.json */
  index: JsonObject;
  /** info/about.json, where there is one. */
  about?: JsonObject;
  /** info/run_exports.json, where there is one. */
  runExports?: JsonObject;
  subdir: string;
  /** Installed paths, and how each spells its prefix, where it does (info/paths.json). */
  paths?: readonly { path: string; prefixMode?: 'text' | 'binary' }[];
}

// conda-index's list, in its words.
const NEWEST_WINS = [
  ...['description', 'dev_url', 'doc_url', 'doc_source_url', 'home', 'license', 'source_url', 'source_git_url'],
  ...['summary', 'icon_url', 'icon_hash', 'tags', 'identifiers', 'keywords', 'recipe_origin', 'version'],
];

/**
 * channeldata.json with packages added, by conda-index's rules: the newest version (then timestamp) describes a package,
 * facts about files are true if any build says so, run_exports are kept per version, subdirs are gathered.
 */
export function addToChanneldata(channeldata: Channeldata, sources: readonly ChanneldataSource[]): Channeldata {
  const packages = { ...channeldata.packages };
  const subdirs = new Set(channeldata.subdirs);
  // Of several builds of a version the newest says what it exports.
  const inTime = [...sources].sort((a, b) => seconds(a.index.timestamp) - seconds(b.index.timestamp));
  for (const source of inTime) {
    const name = source.index.name;
    if (typeof name !== 'string' || name === '') continue;
    subdirs.add(source.subdir);
    packages[name] = entryOf(source, Object.hasOwn(packages, name) ? (packages[name] ?? {}) : {});
  }
  return { ...channeldata, packages, subdirs: [...subdirs].sort(compareCodePoints) };
}

/** channeldata.json without these subdirs of these packages; a package goes with its last subdir. Nothing is changed in place. */
export function withoutSubdirs(
  channeldata: Channeldata,
  gone: readonly { name: string; subdir: string }[],
): Channeldata {
  const packages = { ...channeldata.packages };
  for (const { name, subdir } of gone) {
    if (!Object.hasOwn(packages, name)) continue;
    const subdirs = union(packages[name]?.subdirs).filter((one) => one !== subdir);
    if (subdirs.length === 0) Reflect.deleteProperty(packages, name);
    else packages[name] = { ...packages[name], subdirs };
  }
  return { ...channeldata, packages };
}

function entryOf(source: ChanneldataSource, existing: JsonObject): JsonObject {
  const data: JsonObject = { ...source.about, ...source.index };
  const newer = existing.version === undefined || isNewer(data, existing);
  const entry: JsonObject = { ...existing };
  for (const key of NEWEST_WINS) {
    if (isPresent(data[key]) && (newer || !isPresent(existing[key]))) entry[key] = data[key];
  }
  const paths = source.paths ?? [];
  for (const [flag, test] of FLAGS) entry[flag] = existing[flag] === true || paths.some(test);
  const runExports = objectOf(existing.run_exports);
  const version = typeof data.version === 'string' ? data.version : '';
  const exported = source.runExports !== undefined && Object.keys(source.runExports).length > 0;
  entry.run_exports = exported ? { ...runExports, [version]: source.runExports } : runExports;
  entry.subdirs = union(existing.subdirs, [source.subdir]);
  entry.timestamp = Math.max(seconds(data.timestamp), seconds(existing.timestamp));
  return entry;
}

type InstalledPath = NonNullable<ChanneldataSource['paths']>[number];

const linkScript =
  (action: string) =>
  ({ path }: InstalledPath): boolean =>
    new RegExp(`/\\..*-${action}\\.`).test(path);

const FLAGS: readonly (readonly [string, (path: InstalledPath) => boolean])[] = [
  ['binary_prefix', ({ prefixMode }) => prefixMode === 'binary'],
  ['text_prefix', ({ prefixMode }) => prefixMode === 'text'],
  ['activate.d', ({ path }) => path.startsWith('etc/conda/activate.d/')],
  ['deactivate.d', ({ path }) => path.startsWith('etc/conda/deactivate.d/')],
  ['pre_link', linkScript('pre-link')],
  ['post_link', linkScript('post-link')],
  ['pre_unlink', linkScript('pre-unlink')],
];

function isNewer(data: JsonObject, existing: JsonObject): boolean {
  const version = (entry: JsonObject): string => (typeof entry.version === 'string' ? entry.version : '0');
  const order = compareVersions(version(data), version(existing));
  return order > 0 || (order === 0 && seconds(data.timestamp) > seconds(existing.timestamp));
}

/** Timestamps are in seconds or milliseconds; later than the year 9999 in seconds means milliseconds. */
function seconds(timestamp: unknown): number {
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp)) return 0;
  return Math.floor(timestamp > 253_402_300_799 ? timestamp / 1000 : timestamp);
}

const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

function union(...lists: unknown[]): string[] {
  const names = lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return [...new Set(names.filter((name) => typeof name === 'string'))].sort(compareCodePoints);
}
