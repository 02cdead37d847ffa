import type { Digest } from '../oci/types.ts';

/** image-spec v1.1, annotations.md, `org.opencontainers.image.ref.name`. skopeo finds nothing that is spelled otherwise. */
const COMPONENT = '[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*';
const GRAMMAR = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

/**
 * The name under which an image layout lists a manifest: the reference itself where the specification lets it stand there.
 * It allows no `__`, which tags of layout v1 are full of: then `HOST/REPOSITORY@DIGEST`, or where even that can't stand the
 * digest alone.
 */
export function layoutName(reference: string, digest: Digest): string {
  if (GRAMMAR.test(reference)) return reference;
  const byDigest = `${reference.replace(/:[^:/]*$/, '')}@${digest}`;
  return GRAMMAR.test(byDigest) ? byDigest : digest;
}
