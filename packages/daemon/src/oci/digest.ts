import { createHash } from 'node:crypto';
import { CondockError } from '@condock/protocol';
import type { Digest } from './types.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** True for SHA-256 digests in their one legal spelling (image-spec v1.1, descriptor.md, "Digests"). */
export const isDigest = (text: string): text is Digest => DIGEST.test(text);

/** Throws `illegal-reference` for everything but a SHA-256 digest. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new CondockError('illegal-reference', `${JSON.stringify(text.slice(0, 100))} is no SHA-256 digest.`, {
    hint: 'Digests read sha256: and 64 lower-case hex digits.',
  });
}

export const sha256Digest = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** From 64 hex digits of either case. Throws `illegal-reference` for everything else. */
export const digestFromHex = (hex: string): Digest => parseDigest(`sha256:${hex.toLowerCase()}`);

/** The 64 hex digits. */
export const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);
