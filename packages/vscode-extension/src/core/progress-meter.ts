import type { ProgressValue } from '@condock/protocol';
import { formatBytes, formatCount } from './format.ts';
import { t } from './l10n.ts';

export interface MeterState {
  /** `12 of 40 packages, 31 of 82 MB, 14 MB/s` */
  text: string;
  /** Percent points since the last state; undefined while no total is known. */
  increment: number | undefined;
}

/** Milliseconds over which the rate is reckoned. */
const WINDOW_MS = 3000;

/** Turns the daemon's progress into what a progress bar shows: a line with amounts and rate, and steps in percent. */
export function createProgressMeter(
  clock: () => number,
  unit: 'packages' | 'blobs' = 'packages',
): (value: ProgressValue) => MeterState {
  const samples: { at: number; bytes: number }[] = [];
  let done = { bytes: 0, packages: 0 };
  let total: { bytes?: number | undefined; packages?: number | undefined } = {};
  let percent = 0;
  let message = '';

  const rate = (): number => {
    const now = clock();
    samples.push({ at: now, bytes: done.bytes });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > WINDOW_MS) samples.shift();
    const first = samples[0];
    const elapsed = first === undefined ? 0 : now - first.at;
    return first === undefined || elapsed < 200 ? 0 : ((done.bytes - first.bytes) * 1000) / elapsed;
  };

  return (value) => {
    if (value.kind === 'begin') message = value.title;
    if (value.kind !== 'begin' && value.message !== undefined) message = value.message;
    if (value.kind !== 'end') total = { ...total, ...value.total };
    if (value.kind === 'report') done = { ...done, ...defined(value.done) };
    const share = value.kind === 'end' ? 1 : shareOf(done, total);
    const next = share === undefined ? percent : Math.max(percent, Math.min(100, share * 100));
    const increment = share === undefined ? undefined : next - percent;
    percent = next;
    const text = [amounts(done, total, unit), speed(rate())].filter((part) => part !== '').join(', ');
    return { text: text === '' ? message : text, increment };
  };
}

/** By bytes where they are known: packages differ by a factor of a thousand. */
function shareOf(
  done: { bytes: number; packages: number },
  total: { bytes?: number | undefined; packages?: number | undefined },
): number | undefined {
  if (total.bytes !== undefined && total.bytes > 0) return done.bytes / total.bytes;
  if (total.packages !== undefined && total.packages > 0) return done.packages / total.packages;
  return undefined;
}

function amounts(
  done: { bytes: number; packages: number },
  total: { bytes?: number | undefined; packages?: number | undefined },
  unit: 'packages' | 'blobs',
): string {
  const parts: string[] = [];
  // Of a single one it is plain which.
  if (total.packages !== undefined && total.packages > 1) {
    const [some, all] = [formatCount(done.packages), formatCount(total.packages)];
    parts.push(unit === 'blobs' ? t('{0} of {1} blobs', some, all) : t('{0} of {1} packages', some, all));
  }
  if (total.bytes !== undefined && total.bytes > 0) {
    parts.push(t('{0} of {1}', formatBytes(done.bytes), formatBytes(total.bytes)));
  } else if (done.bytes > 0) parts.push(formatBytes(done.bytes));
  return parts.join(', ');
}

const speed = (bytesPerSecond: number): string => (bytesPerSecond < 1 ? '' : `${formatBytes(bytesPerSecond)}/s`);

const defined = (amount: { bytes?: number | undefined; packages?: number | undefined } | undefined) =>
  Object.fromEntries(Object.entries(amount ?? {}).filter(([, value]) => value !== undefined));
