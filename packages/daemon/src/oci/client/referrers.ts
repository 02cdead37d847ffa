import { isDigest } from '../digest.ts';
import type { RegistryClient } from '../registry-client.ts';
import type { Descriptor } from '../types.ts';
import type { Call, Exchange } from './exchange.ts';
import { pullNeed, whereTag } from './needs.ts';
import { pages } from './paging.ts';

/** Where registries without the referrers API keep the list: `sha256-<hex>` (distribution-spec v1.1, "Referrers Tag Schema"). */
export const referrersTag = (digest: string): string => digest.replace(':', '-');

const NO_SUCH_API = new Set(['absent', 'unsupported-by-registry']);

/** Referrers by the API, else by the fallback tag. Filtered here too: a registry may ignore the filter. */
export function createReferrers(
  exchange: Exchange,
  manifests: Pick<RegistryClient, 'getManifest'>,
): Pick<RegistryClient, 'listReferrers'> {
  const withoutApi = new Set<string>();

  const byApi = async (call: Call): Promise<Descriptor[] | undefined> => {
    const found: Descriptor[] = [];
    const listing = pages(exchange, call);
    try {
      for (;;) {
        const { done, value } = await listing.next();
        if (done === true) return value === 404 ? undefined : found;
        found.push(...descriptorsOf(value.document));
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && NO_SUCH_API.has(String(error.code))) return undefined;
      throw error;
    }
  };

  return {
    listReferrers: async (repository, digest, options = {}) => {
      const { artifactType, ...request } = options;
      const filter = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
      const call: Call = {
        host: repository.host,
        doing: `list what refers to ${whereTag(repository, digest)}`,
        method: 'GET',
        target: `/v2/${repository.name}/referrers/${digest}${filter}`,
        headers: { accept: 'application/vnd.oci.image.index.v1+json' },
        need: pullNeed(repository),
        options: request,
      };
      let found = withoutApi.has(repository.host) ? undefined : await byApi(call);
      if (found === undefined) {
        const fallback = await manifests.getManifest(repository, referrersTag(digest), request);
        if (fallback !== undefined) {
          // A list under the fallback tag is the proof that this host has no API of its own.
          withoutApi.add(repository.host);
          found = 'manifests' in fallback.document ? fallback.document.manifests : [];
        }
      }
      return (found ?? []).filter((d) => artifactType === undefined || d.artifactType === artifactType);
    },
  };
}

function descriptorsOf(document: unknown): Descriptor[] {
  const list = typeof document === 'object' && document !== null && 'manifests' in document ? document.manifests : null;
  if (!Array.isArray(list)) return [];
  return list.filter((entry: unknown): entry is Descriptor => {
    if (typeof entry !== 'object' || entry === null) return false;
    const { mediaType, digest, size } = entry as Record<string, unknown>;
    return typeof mediaType === 'string' && typeof digest === 'string' && isDigest(digest) && typeof size === 'number';
  });
}
