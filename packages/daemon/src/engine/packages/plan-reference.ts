import { CondockError, toCondockError } from '@condock/protocol';
import type { EnvironmentEntry } from '../../conda/environments/types.ts';
import type { ArchiveFormat } from '../../conda/types.ts';
import { parseOciChannel } from '../../layout/channel.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';
import { type PlannedPackage, stateOf } from '../resolve/planned-package.ts';
import { findArtifact, type FoundArtifact } from './inspect.ts';
import { parseTarget } from './target.ts';

/**
 * A reference that a user named, as a package to prefetch. Unlike an entry of an environment it says no digest: what the
 * manifest says is what was asked for. A reference that cannot be found becomes a package with a problem.
 */
export async function planReference(
  text: string,
  map: ChannelMap,
  registry: RegistryClient,
  options: RequestOptions,
): Promise<PlannedPackage> {
  try {
    const target = parseTarget(text, map);
    if (target.kind === 'file') {
      throw new CondockError('usage', `${text} is a file here already.`, {
        hint: 'Name an oci:// reference, or a URL of a mapped channel.',
      });
    }
    const found = await findArtifact(target, registry, options);
    return planFound(text, found);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    const failure = toCondockError(error);
    if (failure.code === 'usage') throw failure;
    return { entry: entryOf(text, null, null), origins: [], problem: { state: stateOf(failure), error: failure } };
  }
}

function planFound(text: string, found: FoundArtifact): PlannedPackage {
  const format: ArchiveFormat = found.artifact.archives.conda === undefined ? 'tar.bz2' : 'conda';
  const archive = found.artifact.archives[format];
  if (archive === undefined) {
    throw new CondockError('unsupported-format', `${text} holds no conda package.`, {
      data: { host: found.repository.host },
    });
  }
  const { host, name } = found.repository;
  const channel = parseOciChannel(`oci://${host}/${name.split('/').slice(0, -2).join('/') || name}`);
  return {
    entry: entryOf(text, archive.digest.slice('sha256:'.length), archive.size),
    digest: archive.digest,
    format,
    origins: [
      {
        channel,
        layout: found.artifact.layout,
        repository: found.repository,
        tag: found.tagOrDigest,
        reference: found.reference,
        source: 'as named',
      },
    ],
  };
}

function entryOf(text: string, sha256: string | null, size: number | null): EnvironmentEntry {
  return {
    name: text,
    version: '',
    build: '',
    subdir: '',
    kind: 'conda',
    fileName: null,
    channel: null,
    url: text,
    sha256,
    md5: null,
    size,
    license: null,
  };
}
