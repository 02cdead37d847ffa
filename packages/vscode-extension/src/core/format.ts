import { t } from './l10n.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in powers of 1,000, three digits at most: `41 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return `${digits} ${UNITS[unit] ?? 'B'}`;
}

/** With thousands set apart, alike in every locale so that lines stay comparable. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** Seconds as `8 s`, `3 min`, `2 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return t('{0} s', Math.max(1, Math.round(seconds)));
  if (seconds < 3600) return t('{0} min', Math.round(seconds / 60));
  return t('{0} h', Math.round(seconds / 3600));
}

/** How far a moment lies ahead: `in 4 min`, `expired`. */
export function formatExpiry(expiresAt: string, now: number): string {
  const seconds = (Date.parse(expiresAt) - now) / 1000;
  if (Number.isNaN(seconds)) return expiresAt;
  return seconds <= 0 ? t('expired') : t('expires in {0}', formatSeconds(seconds));
}
