import { join, sep } from 'node:path';
import { hexOf, parseDigest } from '../oci/digest.ts';
import type { Digest } from '../oci/types.ts';

/** Where everything is. `blobs`, `index` and `layout` are the OCI image layout; the rest is Condock's own. */
export interface StorePaths {
  root: string;
  /** `oci-layout` */
  layout: string;
  /** `index.json` */
  index: string;
  blobs: string;
  /** Unfinished downloads that nobody works on, by hex digest, and the locks of those under way. */
  ingest: string;
  /** A folder for each process instance: its leases, its unfinished files, its blobs that are not yet synced. */
  owners: string;
  /** Blobs that failed verification. */
  bad: string;
  /** Journal of references, pins and counts. */
  records: string;
}

export function storePaths(root: string): StorePaths {
  return {
    root,
    layout: join(root, 'oci-layout'),
    index: join(root, 'index.json'),
    blobs: join(root, 'blobs', 'sha256'),
    ingest: join(root, 'ingest'),
    owners: join(root, 'owners'),
    bad: join(root, 'bad'),
    records: join(root, 'records'),
  };
}

/** The hex digits that name files. Throws `illegal-reference` for what is no digest: no other text ever becomes a path. */
export function hexName(digest: Digest): string {
  return hexOf(parseDigest(digest));
}

export function blobPath(paths: StorePaths, digest: Digest): string {
  return paths.blobs + sep + hexName(digest);
}

const HEX = /^[0-9a-f]{64}$/;

/** True for the name of a blob or of an unfinished download; anything else in those folders is not ours. */
export function isHexName(name: string): boolean {
  return HEX.test(name);
}

/** The digest that a file name stands for. Throws for names that are none. */
export function digestOfName(name: string): Digest {
  return parseDigest(`sha256:${name}`);
}
