import { CondockError } from '@condock/protocol';
import { parseReference } from '../../oci/reference.ts';
import type { Repository } from '../../oci/types.ts';

/** The name under which the store lists a manifest: `host/repository:tag`, as other OCI tools spell references. */
export function referenceName(origin: { repository: Repository; tag: string }): string {
  return `${origin.repository.host}/${origin.repository.name}:${origin.tag}`;
}

/** The same for a reference as users write it. Throws `illegal-reference`, `usage` for one without a tag. */
export function nameOfReference(text: string): string {
  const { host, name, tag } = parseReference(text);
  if (tag !== undefined) return referenceName({ repository: { host, name }, tag });
  throw new CondockError('usage', `${text} has no tag, by which the store lists what it has.`, {
    hint: 'Name it as it was prefetched: oci://HOST/REPOSITORY:TAG.',
  });
}
