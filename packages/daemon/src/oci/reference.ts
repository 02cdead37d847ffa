import { CondockError } from '@condock/protocol';
import { parseDigest } from './digest.ts';
import type { Reference } from './types.ts';

// distribution-spec v1.1, "Pulling manifests".
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;

export const isRepositoryName = (text: string): boolean => NAME.test(text);
export const isTag = (text: string): boolean => TAG.test(text);

/** Many clients take at most this many characters for host, slash and repository name. */
export const MAX_NAME_LENGTH = 255;

/**
 * Reads `oci://HOST[:PORT]/NAME[:TAG][@DIGEST]`, with at least one of tag and digest. The host is lower-cased. Throws
 * `illegal-reference`, and says which part is wrong.
 */
export function parseReference(text: string): Reference {
  const match = /^oci:\/\/([^/]+)\/(.+)$/i.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw illegal(text, /^oci:\/\//i.test(text) ? 'it names a registry, but nothing in it' : 'it does not begin with oci://');
  }
  const host = match[1].toLowerCase();
  if (host.includes('@')) throw illegal(text, 'it carries a user name; run "condock login" instead');
  const port = HOST.exec(host)?.[1];
  if (!HOST.test(host) || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) {
    throw illegal(text, `${JSON.stringify(host)} is no host with an optional port`);
  }
  const [path = '', digestText, ...more] = match[2].split('@');
  if (more.length > 0) throw illegal(text, 'it has more than one @');
  const colon = path.indexOf(':', path.lastIndexOf('/') + 1);
  const name = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  if (!isRepositoryName(name)) throw illegal(text, `${JSON.stringify(name)} is no repository name`);
  if (host.length + 1 + name.length > MAX_NAME_LENGTH) throw illegal(text, `host and repository have more than ${MAX_NAME_LENGTH} characters`);
  if (tag !== undefined && !isTag(tag)) throw illegal(text, `${JSON.stringify(tag)} is no tag`);
  if (tag === undefined && digestText === undefined) throw illegal(text, 'it has neither a tag nor a digest');
  return {
    host,
    name,
    ...(tag === undefined ? {} : { tag }),
    ...(digestText === undefined ? {} : { digest: parseDigest(digestText) }),
  };
}

/** `oci://HOST/NAME[:TAG][@DIGEST]` */
export function formatReference({ host, name, tag, digest }: Reference): string {
  return `oci://${host}/${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function illegal(text: string, why: string): CondockError {
  return new CondockError('illegal-reference', `${JSON.stringify(text.slice(0, 300))} is no OCI reference: ${why}.`, {
    hint: 'References read oci://HOST[:PORT]/REPOSITORY:TAG or …@sha256:DIGEST.',
  });
}
