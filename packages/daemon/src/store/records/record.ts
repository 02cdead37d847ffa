import { isDigest } from '../../oci/digest.ts';
import type { Descriptor, Digest } from '../../oci/types.ts';

/** Which of two records of the same thing counts: the later; of two at the same moment the one of the greater origin. */
export interface Stamp {
  /** Milliseconds; always greater than any seen before, so that a clock set back loses nothing. */
  t: number;
  /** The instance that wrote it. */
  o: string;
}

/** `null` says that it was removed. */
export type RefRecord = Stamp & { k: 'ref'; n: string; d: Descriptor | null };
export type PinRecord = Stamp & { k: 'pin'; n: string; d: Digest[] | null };
/** What one instance (`n`) added to and removed from the blobs since the scan `e`. */
export type CountRecord = Stamp & { k: 'count'; n: string; e: string; blobs: number; bytes: number };
/** What a scan found. `exact` false: something changed meanwhile, or a process ended without a word. */
export type ScanRecord = Stamp & { k: 'scan'; n: ''; e: string; blobs: number; bytes: number; exact: boolean };

export type StoreRecord = RefRecord | PinRecord | CountRecord | ScanRecord;

/** A record without its stamp, which the journal gives. */
export type Unstamped<R extends Stamp = StoreRecord> = R extends Stamp ? Omit<R, keyof Stamp> : never;

/** One line of a journal; undefined for what a crash or a fault of the disk left of one. */
export function parseRecord(line: string): StoreRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is StoreRecord {
  if (!isObject(value) || typeof value.t !== 'number' || typeof value.o !== 'string') return false;
  if (typeof value.n !== 'string') return false;
  switch (value.k) {
    case 'ref':
      return value.d === null || isDescriptor(value.d);
    case 'pin':
      return value.d === null || (Array.isArray(value.d) && value.d.every(isDigestValue));
    case 'count':
    case 'scan':
      return typeof value.e === 'string' && isAmount(value.blobs) && isAmount(value.bytes);
    default:
      return false;
  }
}

/** For descriptors in files: our journal, manifests, another layout's index. */
export function isDescriptor(value: unknown): value is Descriptor {
  return isObject(value) && typeof value.mediaType === 'string' && isDigestValue(value.digest) && isAmount(value.size);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isDigestValue = (value: unknown): value is Digest => typeof value === 'string' && isDigest(value);
const isAmount = (value: unknown): value is number => Number.isSafeInteger(value);
