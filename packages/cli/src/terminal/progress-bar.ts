import type { ProgressValue } from '@condock/protocol';
import { formatBytes } from './amounts.ts';
import type { Terminal } from './terminal.ts';
import { printable } from './printable.ts';
import { cutTo, widthOf } from './width.ts';

/** Milliseconds between two drawings. */
const EVERY = 80;

const GAP = '  ';
/** Columns of the bar, and of a title below which it tells nothing. */
const LEAST_BAR = 8;
const MOST_BAR = 30;
const LEAST_TITLE = 16;

/** One line on stderr that is drawn over and over; nothing at all where that can't be seen. */
export class ProgressBar implements Disposable {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #title = '';
  #startedAt = 0;
  #drawnAt = -Infinity;
  #drawn = false;

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
  }

  readonly report = (value: ProgressValue): void => {
    if (!this.#terminal.canRedraw) return;
    if (value.kind === 'begin') {
      this.#title = printable(value.title);
      this.#startedAt = this.#now();
      this.#draw({}, value.total ?? {}, '');
    } else if (value.kind === 'report') {
      if (this.#now() - this.#drawnAt >= EVERY) this.#draw(value.done ?? {}, value.total ?? {}, value.message ?? '');
    } else {
      this[Symbol.dispose]();
    }
  };

  [Symbol.dispose](): void {
    if (this.#drawn) this.#terminal.err.write('\r\x1b[2K');
    this.#drawn = false;
  }

  #draw(done: Amounts, total: Amounts, message: string): void {
    this.#drawnAt = this.#now();
    const parts: string[] = [];
    if (total.packages !== undefined) parts.push(`${done.packages ?? 0}/${total.packages}`);
    if ((total.bytes ?? 0) > 0) {
      const seconds = (this.#drawnAt - this.#startedAt) / 1000;
      const rate = seconds > 0.5 ? `, ${formatBytes(Math.round((done.bytes ?? 0) / seconds))}/s` : '';
      parts.push(`${formatBytes(Math.max(0, done.bytes ?? 0))} of ${formatBytes(total.bytes ?? 0)}${rate}`);
    }
    if (message !== '') parts.push(printable(message));
    const room = this.#terminal.errColumns - 1;
    // How far it has come tells more than the end of a title: that gives way first, then the bar.
    const counts = parts.map((part) => `  ${part}`).join('');
    const left = room - widthOf(counts);
    const title = cutTo(this.#title, Math.max(LEAST_TITLE, left - LEAST_BAR - GAP.length));
    const width = Math.min(MOST_BAR, left - widthOf(title) - GAP.length);
    const drawn = width >= LEAST_BAR ? `${bar(fractionOf(done, total), width)}${GAP}` : '';
    this.#terminal.err.write(`\r\x1b[2K${cutTo(`${drawn}${title}${counts}`, room)}`);
    this.#drawn = true;
  }
}

interface Amounts {
  bytes?: number | undefined;
  packages?: number | undefined;
}

function fractionOf(done: Amounts, total: Amounts): number {
  const key = (total.bytes ?? 0) > 0 ? 'bytes' : 'packages';
  const whole = total[key] ?? 0;
  return whole === 0 ? 0 : Math.min(1, Math.max(0, (done[key] ?? 0) / whole));
}

function bar(fraction: number, width: number): string {
  const full = Math.round(fraction * width);
  return `${'━'.repeat(full)}${'─'.repeat(width - full)}`;
}
