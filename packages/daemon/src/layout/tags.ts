import type { Digest } from '../oci/types.ts';

/** What a tag of a conda repository can be. Only `package` and `hashed` lead to packages. */
export type TagClass =
  /** The current copy of channel metadata. */
  | { kind: 'latest' }
  /** An older copy of channel metadata, and when it was written. */
  | { kind: 'history'; time: Date }
  /** Fallback tag of the referrers API (distribution-spec v1.1); `subject` only where the digest is whole and SHA-256. */
  | { kind: 'referrers'; subject: Digest | undefined }
  /** cosign's older attachments. */
  | { kind: 'attachment'; subject: Digest; suffix: 'sig' | 'att' | 'sbom' }
  /** v1, too long to be spelled out: the manifest's annotations say what it is. */
  | { kind: 'hashed' }
  /** Looks like `<version>-<build>`. */
  | { kind: 'package' }
  | { kind: 'other' };

const V1_HISTORY = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const V0_HISTORY = /^(\d{4})\.(\d\d)\.(\d\d)\.(\d\d)\.?(\d\d)(?:\.?(\d\d))?$/;

/**
 * Tells packages from everything else that a tag list may hold. Referrers tags (`sha256-<hex>`) look like a version and
 * a build and are told apart first. A tag with one dash is only a hint: identity comes from the manifest.
 */
export function classifyTag(tag: string): TagClass {
  if (tag === 'latest') return { kind: 'latest' };
  const time = historyTime(tag);
  if (time !== undefined) return { kind: 'history', time };
  const attachment = /^sha256-([0-9a-f]{64})\.(sig|att|sbom)$/.exec(tag);
  if (attachment?.[1] !== undefined) {
    return { kind: 'attachment', subject: `sha256:${attachment[1]}`, suffix: attachment[2] as 'sig' | 'att' | 'sbom' };
  }
  const sha256 = /^sha256-([0-9a-f]{64})$/.exec(tag)?.[1];
  if (sha256 !== undefined) return { kind: 'referrers', subject: `sha256:${sha256}` };
  // The specification cuts the hex part of longer digests to 64 characters; some clients fill the tag instead.
  if (/^sha512-[0-9a-f]{64,121}$/.test(tag)) return { kind: 'referrers', subject: undefined };
  if (/^h[0-9a-f]{64}$/.test(tag)) return { kind: 'hashed' };
  return /^[A-Za-z0-9_][A-Za-z0-9._]*-[A-Za-z0-9._]+$/.test(tag) ? { kind: 'package' } : { kind: 'other' };
}

/** The digest that a referrers fallback tag belongs to, as a tag. */
export const referrersTag = (subject: Digest): string => subject.replace(':', '-');

/** `YYYYMMDDThhmmssZ`, UTC (draft of layout v1). */
export const formatV1History = (time: Date): string => time.toISOString().replace(/[-:]|\.\d+/g, '');

/**
 * `YYYY.MM.DD.hh.mm`, as the mirror writes it for repodata, but in UTC: the mirror takes its machine's local time, which
 * nobody can read back.
 */
export const formatV0History = (time: Date): string => time.toISOString().slice(0, 16).replace(/[-T:]/g, '.');

function historyTime(tag: string): Date | undefined {
  const parts = V1_HISTORY.exec(tag) ?? V0_HISTORY.exec(tag);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second = '00'] = parts;
  const time = new Date(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
