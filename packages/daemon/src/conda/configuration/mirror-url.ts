import { splitUrl } from '../split-url.ts';

/** A URL as mirrors are compared: lower-case host, no token, userinfo, query, default port or final slash. Throws as `splitUrl`. */
export function mirrorUrl(text: string): string {
  const { scheme, authority, segments } = splitUrl(text);
  return [`${scheme}://${authority}`, ...segments].join('/');
}

/** What may stand where a mirror is expected: registries and plain channels. */
export function isMirrorTarget(text: string): boolean {
  return /^(?:oci|https?):\/\/[^/]/i.test(text);
}
