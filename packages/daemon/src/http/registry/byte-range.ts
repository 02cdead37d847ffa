export interface ByteRange {
  start: number;
  /** Inclusive. */
  end: number;
}

/**
 * What a Range header asks of a body of `size` bytes (RFC 9110 §14). `whole`: no range, or one that this server may ignore
 * (other units, several ranges, nonsense). `unsatisfiable`: to be answered 416.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '');
  if (match === null) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const suffix = Number(last);
    if (suffix === 0 || size === 0) return 'unsatisfiable';
    return { start: Math.max(0, size - suffix), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  // Backwards ranges may be ignored or refused (RFC 9110 §14.2); refusing shows a client its mistake.
  return start >= size || end < start ? 'unsatisfiable' : { start, end };
}

/** The `Content-Range` of an upload: `0-1023`, without a unit (distribution-spec v1.1, "Pushing a blob in chunks"). */
export function parseUploadRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header.trim());
  if (match === null) return undefined;
  const range = { start: Number(match[1]), end: Number(match[2]) };
  return Number.isSafeInteger(range.end) && range.end >= range.start ? range : undefined;
}
