import { type LayoutVersion, toCondockError } from '@condock/protocol';
import pLimit from 'p-limit';
import type { ArchiveFormat } from '../../conda/types.ts';
import { formatFileName } from '../../conda/file-name.ts';
import { codecOf } from '../../layout/codec.ts';
import { METADATA_FILES } from '../../layout/metadata-names.ts';
import { identifyArtifact, readPackageArtifact } from '../../layout/package-artifact.ts';
import { classifyTag } from '../../layout/tags.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { FetchedManifest, RegistryClient } from '../../oci/registry-client.ts';
import type { Digest, Manifest, Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { TransferOptions, Transfers } from '../transfer/transfers.ts';

export interface ScanParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
}

/** One archive that a registry holds, as its manifest and its index layer say. */
export interface StoredPackage {
  subdir: string;
  fileName: string;
  repository: Repository;
  tag: string;
  manifest: FetchedManifest;
  archive: { digest: Digest; size: number; md5: string | undefined };
  /** info/index.json */
  index: Record<string, unknown>;
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

/** An index.json has some kilobytes. */
const INDEX_BYTES = 4 * 1024 * 1024;

/**
 * Every package that a subdir of a channel holds, from tags, manifests and index layers alone. Index layers go through the store, so that
 * a scan which was cut off resumes where it was. What cannot be read becomes a warning that names it.
 */
export async function scanSubdir(
  options: ScanOptions,
  parts: ScanParts,
): Promise<{ packages: StoredPackage[]; warnings: string[] }> {
  const warnings: string[] = [];
  const repositories = await listPackageRepositories(options, parts, warnings);
  const limit = pLimit(AT_ONCE);
  const found = await Promise.all(
    repositories.map((repository) => limit(() => scanRepository(repository, options, parts, warnings))),
  );
  return { packages: found.flat(), warnings };
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

async function scanRepository(
  repository: Repository,
  options: ScanOptions,
  parts: ScanParts,
  warnings: string[],
): Promise<StoredPackage[]> {
  const packages: StoredPackage[] = [];
  for await (const page of parts.registry.listTags(repository, options.request)) {
    for (const tag of page) {
      const { kind } = classifyTag(tag);
      if (kind !== 'package' && kind !== 'hashed') continue;
      try {
        packages.push(...(await readTag(repository, tag, options, parts)));
        options.onFound?.();
      } catch (error) {
        if (options.request.signal.aborted) throw error;
        warnings.push(
          `oci://${repository.host}/${repository.name}:${tag} could not be read: ${toCondockError(error).message}`,
        );
      }
    }
  }
  return packages;
}

async function readTag(
  repository: Repository,
  tag: string,
  options: ScanOptions,
  parts: ScanParts,
): Promise<StoredPackage[]> {
  const { registry, store, transfers } = parts;
  const manifest = await registry.getManifest(repository, tag, options.request);
  if (manifest === undefined) return [];
  const artifact = readPackageArtifact(manifest.document as Manifest);
  // The two layouts can share a repository (v1's make is v0's cmake): the annotations tell whose it is.
  if (artifact.layout !== options.layout || artifact.index === undefined) return [];
  await transfers.fetch(
    { digest: artifact.index.digest, size: artifact.index.size, repositories: [repository] },
    options.request,
  );
  const bytes = store.readSmall(artifact.index.digest, INDEX_BYTES);
  if (bytes === undefined) return [];
  const index = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
  const identity = identifyArtifact(artifact, index);
  if (identity === undefined) return [];
  return Object.entries(artifact.archives).map(([format, layer]) => ({
    subdir: options.subdir,
    fileName: formatFileName(identity, format as ArchiveFormat),
    repository,
    tag,
    manifest,
    archive: { digest: layer.digest, size: layer.size, md5: layer.annotations?.['org.conda.md5'] },
    index,
  }));
}
