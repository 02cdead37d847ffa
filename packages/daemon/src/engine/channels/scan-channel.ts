import { type LayoutVersion, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import { formatOciChannel } from '../../layout/channel.ts';
import { codecOf } from '../../layout/codec.ts';
import { METADATA_FILES } from '../../layout/metadata-names.ts';
import { classifyTag } from '../../layout/tags.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { Repository } from '../../oci/types.ts';
import { plural } from '../../system/text.ts';
import type { TransferOptions } from '../transfer/transfers.ts';
import { readTag, type ScanParts, type StoredPackage } from './read-tag.ts';

/** What a scan found. */
export interface Scan {
  packages: StoredPackage[];
  /** `REPOSITORY:TAG` of what is there, but could not be read: nothing is known of it, not even that it is no package. */
  unread: Set<string>;
  warnings: string[];
}

export interface ScanOptions {
  channel: OciChannel;
  layout: LayoutVersion;
  subdir: string;
  /** Package names to look for where the registry has no catalog. */
  names: readonly string[];
  request: TransferOptions & { signal: AbortSignal };
  onFound?: () => void;
}

const AT_ONCE = 16;

/** Failures of the line or of the registry as a whole: the next tag would fare no better, and would take as long to fail. */
const ENDS_SCAN: ReadonlySet<string> = new Set(['unreachable', 'timeout', 'rate-limited']);

/** One scan under way. */
interface Scanning {
  options: ScanOptions;
  parts: ScanParts;
  scan: Scan;
  /** Tags that hold packages of the other layout. */
  other: number;
  /** Bounds the tags that are read at once, over all repositories. */
  reading: ReturnType<typeof pLimit>;
}

/**
 * Every package that a subdir of a channel holds, from tags, manifests and index layers alone. Index layers go through the store, so that
 * a scan which was cut off resumes where it was. What cannot be read becomes a warning that names it, and is told in `unread`.
 * Throws where the registry does not answer any more.
 */
export async function scanSubdir(options: ScanOptions, parts: ScanParts): Promise<Scan> {
  const scan: Scan = { packages: [], unread: new Set(), warnings: [] };
  const scanning: Scanning = { options, parts, scan, other: 0, reading: pLimit(AT_ONCE) };
  const repositories = await listPackageRepositories(options, parts, scan.warnings);
  const limit = pLimit(AT_ONCE);
  try {
    await Promise.all(repositories.map((repository) => limit(() => scanRepository(repository, scanning))));
  } catch (error) {
    limit.clearQueue();
    scanning.reading.clearQueue();
    throw error;
  }
  if (scanning.other > 0) scan.warnings.push(ofOtherLayout(scanning));
  return scan;
}

function ofOtherLayout({ other, options: { channel, subdir, layout } }: Scanning): string {
  const theirs = layout === 'v0' ? 'v1' : 'v0';
  return `${formatOciChannel(channel)}/${subdir} holds ${plural(other, 'package')} of layout ${theirs}, which were passed over: they are seen with --layout ${theirs}.`;
}

async function listPackageRepositories(
  options: ScanOptions,
  parts: ScanParts,
  warnings: string[],
): Promise<Repository[]> {
  const { channel, layout, subdir, request } = options;
  const prefix = `${channel.path}/${subdir}/`;
  const components = new Set(options.names.flatMap((name) => componentsOf(layout, name)));
  try {
    for await (const page of parts.registry.listRepositories(channel.host, request)) {
      for (const name of page) if (name.startsWith(prefix)) components.add(name.slice(prefix.length));
    }
  } catch (error) {
    if (request.signal.aborted) throw error;
    warnings.push(
      `${channel.host} does not list its repositories (${toCondockError(error).message}); only packages that the repodata lists, or that you name, were looked for.`,
    );
  }
  return [...components]
    .filter((c) => !c.includes('/') && !isMetadata(c, layout))
    .map((c) => ({ host: channel.host, name: prefix + c }));
}

/** A package's component, and in v1 also the one of its builds whose tags are too long and therefore hashed. */
function componentsOf(layout: LayoutVersion, name: string): string[] {
  const codec = codecOf(layout);
  const plain = codec.encodeName({ name, version: '0', build: '0' }).component;
  return layout === 'v0'
    ? [plain]
    : [plain, codec.encodeName({ name, version: '0', build: '0'.repeat(128) }).component];
}

function isMetadata(component: string, layout: LayoutVersion): boolean {
  return METADATA_FILES.has(layout === 'v1' && component.startsWith('m') ? component.slice(1) : component);
}

async function scanRepository(repository: Repository, scanning: Scanning): Promise<void> {
  const { options, parts, scan, reading } = scanning;
  const tags: string[] = [];
  for await (const page of parts.registry.listTags(repository, options.request)) {
    tags.push(...page.filter((tag) => PACKAGE_TAGS.has(classifyTag(tag).kind)));
  }
  await Promise.all(
    tags.map((tag) =>
      reading(async () => {
        try {
          const found = await readTag(repository, tag, scanning);
          if (found === 'other-layout') scanning.other += 1;
          else scan.packages.push(...found);
          options.onFound?.();
        } catch (error) {
          const failure = toCondockError(error);
          if (options.request.signal.aborted || ENDS_SCAN.has(failure.code)) throw error;
          scan.unread.add(`${repository.name}:${tag}`);
          scan.warnings.push(
            `oci://${repository.host}/${repository.name}:${tag} could not be read: ${failure.message}`,
          );
        }
      }),
    ),
  );
}

const PACKAGE_TAGS: ReadonlySet<string> = new Set(['package', 'hashed']);
