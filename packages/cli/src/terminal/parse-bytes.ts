import { CondockError } from '@condock/protocol';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** `5GB`, `500 MiB`, `1048576` → bytes. Throws `usage`. */
export function parseBytes(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? '?').toLowerCase()];
  const bytes = Math.round(Number(match?.[1]) * (unit ?? NaN));
  if (!Number.isSafeInteger(bytes)) {
    throw new CondockError('usage', `"${text}" is no size.`, { hint: 'Write it like 5GB or 500MiB.' });
  }
  return bytes;
}
