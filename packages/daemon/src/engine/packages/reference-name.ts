import type { Repository } from '../../oci/types.ts';

/** The name under which the store lists a manifest: `host/repository:tag`, as other OCI tools spell references. */
export function referenceName(origin: { repository: Repository; tag: string }): string {
  return `${origin.repository.host}/${origin.repository.name}:${origin.tag}`;
}
