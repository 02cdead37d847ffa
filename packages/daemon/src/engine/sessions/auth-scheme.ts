export type AuthScheme = 'none' | 'basic' | 'bearer' | 'unknown';

/**
 * How a registry wants to be talked to, by its challenges (WWW-Authenticate values, RFC 9110 §11.6.1). Bearer goes first where
 * several are offered, as in every OCI client.
 */
export function authScheme(status: number, challenges: readonly string[]): AuthScheme {
  const offers = (scheme: string): boolean =>
    challenges.some((value) => new RegExp(`(^|[\\s,])${scheme}(\\s|$)`, 'i').test(withoutQuoted(value)));
  if (offers('bearer')) return 'bearer';
  if (offers('basic')) return 'basic';
  return status >= 200 && status < 300 ? 'none' : 'unknown';
}

function withoutQuoted(value: string): string {
  return value.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}
