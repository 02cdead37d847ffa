import { illegalDigest } from './blob-handlers.ts';
import type { Exchange } from './exchange.ts';
import { MANIFEST_LIMIT } from './manifest-handlers.ts';
import { parseContentDigest } from './names.ts';
import { page } from './paging.ts';
import { errorReply, jsonReply, type Reply } from './reply.ts';
import type { ReferrerDescriptor } from './repositories.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';

function illegalCount(query: URLSearchParams): Reply {
  return errorReply(400, 'UNSUPPORTED', `n=${query.get('n') ?? ''} is no number of entries.`);
}

/** Tags in the order of their bytes. */
export async function listTags({ store, query }: Exchange, name: string): Promise<Reply> {
  if (!(await store.repositories.exists(name)))
    return errorReply(404, 'NAME_UNKNOWN', `There is no repository ${name} here.`);
  const found = page(`/v2/${name}/tags/list`, await store.repositories.tags(name), query);
  return found === undefined ? illegalCount(query) : jsonReply({ name, tags: found.items }, found.headers);
}

/** Not in the specification; as docker's registry answers it. */
export async function listRepositories({ store, query }: Exchange): Promise<Reply> {
  const found = page('/v2/_catalog', await store.repositories.list(), query);
  return found === undefined ? illegalCount(query) : jsonReply({ repositories: found.items }, found.headers);
}

/** Also for subjects, and in repositories, that do not exist: an empty list (a 404 would mean "no such API"). */
export async function listReferrers({ store, query }: Exchange, name: string, reference: string): Promise<Reply> {
  const subject = parseContentDigest(reference);
  if (subject === undefined) return illegalDigest(reference);
  const artifactType = query.get('artifactType');
  const last = query.get('last') ?? '';
  const all = (await store.repositories.referrers(name, subject)).filter(
    (r) => r.digest > last && (artifactType === null || r.artifactType === artifactType),
  );
  const manifests = fitting(all);
  const final = manifests.at(-1);
  const headers: Record<string, string> = artifactType === null ? {} : { 'oci-filters-applied': 'artifactType' };
  if (final !== undefined && manifests.length < all.length) {
    const next = new URLSearchParams({ ...(artifactType === null ? {} : { artifactType }), last: final.digest });
    headers.link = `</v2/${name}/referrers/${subject.text}?${next.toString()}>; rel="next"`;
  }
  return jsonReply({ schemaVersion: 2, mediaType: INDEX, manifests }, headers, 200, INDEX);
}

/** As many as fit into one manifest, at least one. */
function fitting(all: readonly ReferrerDescriptor[]): ReferrerDescriptor[] {
  let room = MANIFEST_LIMIT - 1024;
  const until = all.findIndex((descriptor, at) => {
    room -= Buffer.byteLength(JSON.stringify(descriptor)) + 1;
    return room < 0 && at > 0;
  });
  return until === -1 ? [...all] : all.slice(0, until);
}
