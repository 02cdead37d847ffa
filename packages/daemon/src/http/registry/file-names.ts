import { join } from 'node:path';
import { type ContentDigest, parseContentDigest } from './names.ts';

/**
 * File names for what clients name. Callers pass only what passed the grammar (names.ts); what comes out is safe on file
 * systems that fold case (macOS, Windows), strip final dots or reserve `con` and `nul`.
 */
export function repositoryFileName(name: string): string {
  return `~${name.replaceAll('/', '~')}`;
}

/** The inverse; undefined for a file that is none of ours. */
export function repositoryOfFileName(fileName: string): string | undefined {
  return fileName.startsWith('~') ? fileName.slice(1).replaceAll('~', '/') : undefined;
}

/** Tags differ by case alone (`1.0-H0` and `1.0-h0`): a bit per letter that is upper case, then the tag in lower case. */
export function tagFileName(tag: string): string {
  let mask = 0n;
  for (let at = 0; at < tag.length; at += 1) if (/[A-Z]/.test(tag.charAt(at))) mask |= 1n << BigInt(at);
  return `${mask.toString(16)}~${tag.toLowerCase()}~`;
}

/** The inverse; undefined for a file that is none of ours (what a killed writer left). */
export function tagOfFileName(fileName: string): string | undefined {
  const match = /^([0-9a-f]{1,32})~([a-z0-9_][a-z0-9._-]{0,127})~$/.exec(fileName);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const mask = BigInt(`0x${match[1]}`);
  return match[2].replace(/./g, (c, at: number) => ((mask >> BigInt(at)) & 1n ? c.toUpperCase() : c));
}

export function digestFileName(digest: ContentDigest): string {
  return `${digest.algorithm}-${digest.hex}`;
}

export function digestOfFileName(fileName: string): ContentDigest | undefined {
  return parseContentDigest(fileName.replace('-', ':'));
}

/** Content by digest, spread over 256 directories. */
export function contentPath(root: string, digest: ContentDigest): string {
  return join(root, 'blobs', digest.algorithm, digest.hex.slice(0, 2), digest.hex);
}
