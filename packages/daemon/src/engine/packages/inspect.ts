import { CondockError, type PackageInsides, toCondockError } from '@condock/protocol';
import { openArchive } from '../../conda/archive/open-archive.ts';
import { readInfoTar } from '../../conda/info-tar.ts';
import { describeInside } from '../../conda/insides.ts';
import type { InfoFiles } from '../../conda/info-files.ts';
import { checkIdentity, readPackageArtifact } from '../../layout/package-artifact.ts';
import type { PackageArtifact } from '../../layout/types.ts';
import type { FetchedManifest, RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Descriptor, Manifest, Repository } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';
import { heldPackage } from '../resolve/held-package.ts';
import { moreTelling } from '../resolve/telling.ts';
import type { TransferOptions, Transfers } from '../transfer/transfers.ts';
import { keepManifest } from './keep-manifest.ts';
import { parseTarget, type Target } from './target.ts';

export interface InspectParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
  map: ChannelMap;
}

/** A package that was looked up, and the members of its info directory. */
export interface OpenedPackage {
  infoFiles: InfoFiles;
  from: PackageInsides['from'];
  /** What is unusual about the archive, as sentences. */
  warnings: readonly string[];
  /** Undefined for a local file. */
  found?: FoundArtifact;
}

export interface FoundArtifact {
  reference: string;
  repository: Repository;
  tagOrDigest: string;
  manifest: FetchedManifest;
  artifact: PackageArtifact;
}

/** An info layer is kilobytes; one beyond this is refused before it is fetched. */
const INFO_LAYER_BYTES = 64 * 1024 * 1024;

/** What is inside a package, from its info layer alone; the archive only where there is no such layer. */
export async function inspectPackage(
  text: string,
  parts: InspectParts,
  options: TransferOptions,
): Promise<PackageInsides> {
  const opened = await openPackage(text, parts, options);
  const inside = describeInside(opened.infoFiles, text);
  const { found } = opened;
  return {
    target: text,
    reference: found?.reference ?? null,
    layout: found?.artifact.layout ?? null,
    manifestDigest: found?.manifest.digest ?? null,
    layers: found === undefined ? [] : describeLayers(found.artifact, parts.store),
    ...inside,
    warnings: [...opened.warnings, ...inside.warnings],
    from: opened.from,
  };
}

export async function openPackage(text: string, parts: InspectParts, options: TransferOptions): Promise<OpenedPackage> {
  const target = parseTarget(text, parts.map);
  if (target.kind === 'file') {
    const archive = await openArchive(target.path, { signal: options.signal });
    return { infoFiles: await archive.infoFiles(), from: 'archive', warnings: archive.warnings };
  }
  const found = await findArtifact(target, parts.registry, options);
  const { artifact, repository } = found;
  if (artifact.info !== undefined) {
    const bytes = await fetchInfo(artifact.info, repository, parts, options);
    await rememberManifest(found, parts, options);
    return { infoFiles: await readInfoTar(bytes), from: 'info-layer', warnings: [], found };
  }
  return { ...(await openFoundArchive(found, parts, options)), from: 'archive', found };
}

export async function findArtifact(
  target: Exclude<Target, { kind: 'file' }>,
  registry: RegistryClient,
  options: RequestOptions,
): Promise<FoundArtifact> {
  const places =
    target.kind === 'manifest'
      ? [target]
      : target.origins.map((o) => ({ repository: o.repository, tagOrDigest: o.tag, reference: o.reference }));
  let failure: CondockError | undefined;
  for (const place of places) {
    try {
      const manifest = await registry.getManifest(place.repository, place.tagOrDigest, options);
      if (manifest !== undefined) {
        const artifact = readPackageArtifact(manifest.document as Manifest);
        await checkHeld(artifact, target, place, registry, options);
        return { ...place, manifest, artifact };
      }
      failure = moreTelling(failure, absentAt(place));
    } catch (error) {
      // The next mirror may answer.
      if (options.signal?.aborted === true) throw error;
      failure = moreTelling(failure, toCondockError(error));
    }
  }
  throw failure ?? new CondockError('absent', 'No registry is known for the package.');
}

/** Two packages can share a reference: who asked for a package by its URL must not be shown another. Throws `absent`. */
async function checkHeld(
  artifact: PackageArtifact,
  target: Exclude<Target, { kind: 'file' }>,
  place: { repository: Repository; reference: string },
  registry: RegistryClient,
  options: RequestOptions,
): Promise<void> {
  if (target.kind !== 'origins') return;
  const held = await heldPackage(artifact, place.repository, registry, options);
  if (held !== undefined) checkIdentity(target.identity, held, place.reference);
}

function absentAt(place: { repository: Repository; reference: string }): CondockError {
  const { host } = place.repository;
  return new CondockError('absent', `${place.reference} does not exist, or is private.`, {
    hint: `If it is private, sign in with "condock login ${host}".`,
    data: { host },
  });
}

async function fetchInfo(
  info: Descriptor,
  repository: Repository,
  parts: InspectParts,
  options: TransferOptions,
): Promise<Uint8Array> {
  if (info.size > INFO_LAYER_BYTES) {
    throw new CondockError(
      'too-large',
      `The info layer is said to have ${info.size} bytes; at most ${INFO_LAYER_BYTES} are read.`,
    );
  }
  await parts.transfers.fetch({ digest: info.digest, size: info.size, repositories: [repository] }, options);
  const bytes = parts.store.readSmall(info.digest, INFO_LAYER_BYTES);
  if (bytes === undefined)
    throw new CondockError('store-failed', `${info.digest} vanished from the store.`, { hint: 'Try again.' });
  return bytes;
}

async function openFoundArchive(
  found: FoundArtifact,
  parts: InspectParts,
  options: TransferOptions,
): Promise<Pick<OpenedPackage, 'infoFiles' | 'warnings'>> {
  const { artifact, repository } = found;
  const format = artifact.archives.conda === undefined ? 'tar.bz2' : 'conda';
  const layer = artifact.archives[format];
  if (layer === undefined) {
    throw new CondockError('unsupported-format', `${found.reference} holds no conda package.`, {
      hint: 'Its manifest has neither an info layer nor an archive of a known media type.',
      data: { host: repository.host, reference: found.reference },
    });
  }
  await parts.transfers.fetch({ digest: layer.digest, size: layer.size, repositories: [repository] }, options);
  const archive = await openArchive(parts.store.pathOf(layer.digest), { format, signal: options.signal });
  return { infoFiles: await archive.infoFiles(), warnings: archive.warnings };
}

async function rememberManifest(found: FoundArtifact, parts: InspectParts, options: TransferOptions): Promise<void> {
  const { repository, tagOrDigest: tag, manifest } = found;
  // A manifest named by its digest alone has no name in the store.
  if (tag !== manifest.digest) await keepManifest({ repository, tag }, manifest, parts, options);
}

function describeLayers(artifact: PackageArtifact, store: BlobStore): PackageInsides['layers'] {
  const roles = new Map<string, 'package' | 'info' | 'index'>();
  for (const layer of Object.values(artifact.archives)) roles.set(layer.digest, 'package');
  if (artifact.info !== undefined) roles.set(artifact.info.digest, 'info');
  if (artifact.index !== undefined) roles.set(artifact.index.digest, 'index');
  return artifact.manifest.layers.map((layer) => ({
    role: roles.get(layer.digest) ?? null,
    mediaType: layer.mediaType,
    digest: layer.digest,
    size: layer.size,
    title: layer.annotations?.['org.opencontainers.image.title'] ?? null,
    cached: store.has(layer.digest) !== undefined,
  }));
}
