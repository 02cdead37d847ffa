import type { MetadataKind } from '../metadata-names.ts';
import type { Compression } from '../compression.ts';

/** What a layer of channel metadata holds; several kinds share the form of repodata. */
export type MetadataForm = 'repodata' | 'run_exports' | 'patch_instructions' | 'channeldata';

const SUFFIXES: Record<Compression, string> = { plain: '', gzip: '+gzip', bz2: '+bz2', zst: '+zst' };
const COMPRESSIONS: Record<string, Compression> = { '': 'plain', '+gzip': 'gzip', '+bz2': 'bz2', '+zst': 'zst' };

export const formOf = (kind: MetadataKind): MetadataForm =>
  kind === 'current_repodata' || kind === 'repodata_from_packages' ? 'repodata' : kind;

/** `application/vnd.conda.<form>.v<version>+json[+compression]` */
export const metadataMediaType = (form: MetadataForm, version: number, compression: Compression): string =>
  `application/vnd.conda.${form}.v${version}+json${SUFFIXES[compression]}`;

/** Takes such a media type apart; undefined for every other. */
export function parseMetadataMediaType(
  mediaType: string,
): { form: MetadataForm; version: number; compression: Compression } | undefined {
  const match =
    /^application\/vnd\.conda\.(repodata|run_exports|patch_instructions|channeldata)\.v(\d{1,3})\+json(\+gzip|\+bz2|\+zst|)$/.exec(
      mediaType,
    );
  const compression = COMPRESSIONS[match?.[3] ?? ''];
  if (match === null || compression === undefined) return undefined;
  return { form: match[1] as MetadataForm, version: Number(match[2]), compression };
}
