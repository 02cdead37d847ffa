import { timingSafeEqual } from 'node:crypto';
import type { MetadataKind } from '../../layout/metadata-names.ts';
import { parseFileName } from '../../conda/file-name.ts';
import type { PackageFileName } from '../../conda/types.ts';

/** What a conda client may ask of a channel. */
export type ChannelRequest =
  | { kind: 'metadata'; channel: string; subdir: string; document: MetadataKind; compressed: boolean }
  | { kind: 'package'; channel: string; subdir: string; file: PackageFileName };

const DOCUMENTS: Readonly<Record<string, MetadataKind>> = {
  'repodata.json': 'repodata',
  'current_repodata.json': 'current_repodata',
  'repodata_from_packages.json': 'repodata_from_packages',
  'run_exports.json': 'run_exports',
  'patch_instructions.json': 'patch_instructions',
};

/**
 * Takes `/<secret>/<channel>/<subdir>/<file>` apart; undefined for every other path, a wrong secret among them: who guesses learns
 * nothing. Shards are not served, and so are unknown too.
 */
export function parsePath(target: string, secret: string): ChannelRequest | undefined {
  let segments: string[];
  try {
    segments = (target.split('?')[0] ?? '').split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [given, channel, ...rest] = segments;
  if (given === undefined || channel === undefined || !sameSecret(given, secret)) return undefined;
  if (rest.length === 1 && rest[0] === 'channeldata.json')
    return { kind: 'metadata', channel, subdir: '', document: 'channeldata', compressed: false };
  const [subdir, file] = rest;
  if (subdir === undefined || file === undefined || rest.length !== 2 || !/^(noarch|[a-z0-9]+-[a-z0-9]+)$/.test(subdir))
    return undefined;
  const compressed = file.endsWith('.json.zst');
  const document = DOCUMENTS[compressed ? file.slice(0, -'.zst'.length) : file];
  if (document !== undefined) return { kind: 'metadata', channel, subdir, document, compressed };
  try {
    return { kind: 'package', channel, subdir, file: parseFileName(file) };
  } catch {
    return undefined;
  }
}

function sameSecret(given: string, secret: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(secret);
  return a.length === b.length && timingSafeEqual(a, b);
}
