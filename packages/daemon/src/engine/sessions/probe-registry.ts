import { isCancellation } from '@condock/protocol';
import type { ProbeAnswer, ProbeRequest, RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Digest, Repository } from '../../oci/types.ts';
import type { Capability, CapabilityName } from './known-registries.ts';

export interface ProbeParts {
  registry: Pick<RegistryClient, 'probe' | 'listTags' | 'getManifest'>;
  /** A digest that no blob has: 32 random bytes. */
  randomDigest: () => Digest;
}

export interface ProbeFindings {
  facts: Partial<Record<CapabilityName, Capability>>;
  notes: string[];
}

/**
 * Finds out what a registry does for one repository, without changing anything there: uploads are begun and cancelled, a blob is
 * mounted where it already is, what is deleted has a random digest, so that it can't exist.
 */
export async function probeRegistry(
  parts: ProbeParts,
  repository: Repository,
  options: RequestOptions,
): Promise<ProbeFindings> {
  const { registry } = parts;
  const probe = registry.probe?.bind(registry);
  if (probe === undefined) return { facts: {}, notes: [] };
  const facts: ProbeFindings['facts'] = {};
  const notes: string[] = [];
  const ask = async (request: ProbeRequest): Promise<ProbeAnswer | undefined> => {
    try {
      return await probe(repository, request, options);
    } catch (error) {
      if (isCancellation(error)) throw error;
      // No token for it, or no answer: nothing was found out.
      return undefined;
    }
  };
  const cancel = async (answer: ProbeAnswer): Promise<void> => {
    const { location } = answer.headers;
    if (location !== undefined) await ask({ method: 'DELETE', path: location, actions: 'pull,push' });
  };

  const listed = await ask({ method: 'GET', path: 'tags/list?n=1' });
  const exists = listed?.status === 200;
  if (listed !== undefined) facts.pull = exists || listed.status === 404 ? 'yes' : refusedOr(listed.status, 'unknown');
  if (listed?.status === 404) notes.push(`${repository.name} does not exist (yet).`);

  const begun = await ask({ method: 'POST', path: 'blobs/uploads/', actions: 'pull,push' });
  if (begun !== undefined) {
    facts.push = begun.status === 202 ? 'yes' : begun.status === 405 ? 'no' : refusedOr(begun.status, 'unknown');
    if (begun.status === 202) await cancel(begun);
    // Asked of a repository that is there, it says nothing about one that is not.
    if (!exists && listed?.status === 404) {
      facts['create-on-push'] = begun.status === 202 ? 'yes' : begun.status === 404 ? 'no' : 'unknown';
    }
    if (begun.status === 202 && repository.name.split('/').length >= 4) facts['deep-names'] = 'yes';
  }

  const absent = parts.randomDigest();
  const referrers = await ask({ method: 'GET', path: `referrers/${absent}` });
  // distribution-spec v1.1: an empty index for what has no referrers; 404 only where the API is missing.
  if (referrers?.status === 200) facts.referrers = 'yes';
  else if (exists && referrers?.status === 404) facts.referrers = 'no';

  const deleted = await ask({ method: 'DELETE', path: `manifests/${absent}`, actions: 'pull,push,delete' });
  if (deleted !== undefined && (deleted.status === 405 || exists)) {
    facts.delete = [404, 202].includes(deleted.status) ? 'yes' : deleted.status === 405 ? 'no' : 'unknown';
  }

  const blob = exists && facts.push === 'yes' ? await someBlob(registry, repository, options) : undefined;
  if (blob !== undefined) {
    const path = `blobs/uploads/?mount=${blob}&from=${encodeURIComponent(repository.name)}`;
    const mounted = await ask({ method: 'POST', path, actions: 'pull,push' });
    if (mounted?.status === 201) facts.mount = 'yes';
    if (mounted?.status === 202) {
      facts.mount = 'no';
      await cancel(mounted);
    }
  }
  return { facts, notes };
}

function refusedOr(status: number, otherwise: Capability): Capability {
  return status === 401 || status === 403 ? 'no' : otherwise;
}

/** A layer of some tag's manifest. */
async function someBlob(
  registry: ProbeParts['registry'],
  repository: Repository,
  options: RequestOptions,
): Promise<Digest | undefined> {
  try {
    for await (const tags of registry.listTags(repository, options)) {
      const [tag] = tags;
      const manifest = tag === undefined ? undefined : await registry.getManifest(repository, tag, options);
      const document = manifest?.document;
      return document !== undefined && 'layers' in document ? document.layers[0]?.digest : undefined;
    }
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
  return undefined;
}
