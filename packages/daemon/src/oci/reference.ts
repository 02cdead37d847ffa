import { CondockError } from '@condock/protocol';
import { parseDigest } from './digest.ts';
import { parseHost } from './host.ts';
import type { Reference } from './types.ts';

// distribution-spec v1.1, "Pulling manifests".
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Many clients take at most this many characters for host, slash and repository name. */
export const MAX_NAME_LENGTH = 255;

/** The `<name>` expression of distribution-spec v1.1, "Pulling manifests". */
export const isRepositoryName = (text: string): boolean => NAME.test(text);

/** The tag expression of distribution-spec v1.1, "Pulling manifests". */
export const isTag = (text: string): boolean => TAG.test(text);

/**
 * Reads `oci://HOST[:PORT]/NAME[:TAG][@DIGEST]`, with at least one of tag and digest. The host is lower-cased. Throws
 * `illegal-reference`, and says which part is wrong.
 */
export function parseReference(text: string): Reference {
  const match = /^oci:\/\/([^/]*)(?:\/(.*))?$/is.exec(text);
  if (match === null) throw illegal(text, 'it does not begin with oci://', withScheme(text));
  const host = (match[1] ?? '').toLowerCase();
  if (host.includes('@')) throw illegal(text, 'it carries a user name', 'Sign in with "condock login" instead.');
  if (parseHost(host) === undefined) throw illegal(text, `${JSON.stringify(host)} is no host with an optional port`);
  const [path = '', digestText, ...more] = (match[2] ?? '').split('@');
  if (path === '') throw illegal(text, 'it names a registry, but nothing in it');
  if (more.length > 0) throw illegal(text, 'it has more than one @');
  const colon = path.indexOf(':', path.lastIndexOf('/') + 1);
  const name = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  if (!isRepositoryName(name)) throw illegal(text, `${JSON.stringify(name)} is no repository name`, nameHint(name));
  if (host.length + 1 + name.length > MAX_NAME_LENGTH) {
    throw illegal(text, `host and repository have more than ${MAX_NAME_LENGTH} characters together`);
  }
  if (tag !== undefined && !isTag(tag)) throw illegal(text, `${JSON.stringify(tag)} is no tag`);
  if (tag === undefined && digestText === undefined) throw illegal(text, 'it has neither a tag nor a digest');
  return {
    host,
    name,
    ...(tag === undefined ? {} : { tag }),
    ...(digestText === undefined ? {} : { digest: parseDigest(digestText) }),
  };
}

function withScheme(text: string): string | undefined {
  const rest = text.replace(/^(?:https?|docker):\/\//i, '');
  return /^[^/\s]+\/\S+$/.test(rest) ? `Did you mean oci://${rest.slice(0, 300)}?` : undefined;
}

const nameHint = (name: string): string | undefined =>
  /[A-Z]/.test(name) ? 'Repository names are lower case.' : undefined;

function illegal(text: string, why: string, hint?: string): CondockError {
  return new CondockError('illegal-reference', `${JSON.stringify(text.slice(0, 300))} is no OCI reference: ${why}.`, {
    hint: hint ?? 'References read oci://HOST[:PORT]/REPOSITORY:TAG or oci://HOST[:PORT]/REPOSITORY@sha256:DIGEST.',
  });
}
