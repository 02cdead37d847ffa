import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';

/** A set of lines, as a reader of a journal keeps them. */
class Reader {
  readonly lines = new Set<string>();
  readonly journal: Journal;

  constructor(directory: string) {
    this.journal = new Journal({
      directory,
      onLine: (line) => this.lines.add(line),
      onReset: () => this.lines.clear(),
    });
  }
}

describe('Journal', () => {
  it('loses no line, whoever appends and compacts in whatever order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ who: fc.nat(2), what: fc.constantFrom('append', 'append', 'refresh', 'compact') }), {
          maxLength: 40,
        }),
        (steps) => {
          const directory = mkdtempSync(join(tmpdir(), 'condock-journal-'));
          const readers = [0, 1, 2].map(() => new Reader(directory));
          try {
            const written = new Set<string>();
            steps.forEach(({ who, what }, at) => {
              const { journal, lines } = readers[who]!;
              if (what === 'append') {
                journal.append([`line ${at}`]);
                lines.add(`line ${at}`);
                written.add(`line ${at}`);
              } else if (what === 'compact') journal.compact(() => [...lines]);
              else journal.refresh();
            });
            for (const { journal, lines } of readers) {
              journal.refresh();
              expect(lines).toEqual(written);
            }
          } finally {
            for (const { journal } of readers) journal.close();
            rmSync(directory, { recursive: true });
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps what was appended while another compacted', () => {
    const directory = mkdtempSync(join(tmpdir(), 'condock-journal-'));
    const [one, two] = [new Reader(directory), new Reader(directory)];
    one.journal.append(['a']);
    one.lines.add('a');
    two.journal.append(['b']);
    one.journal.compact(() => {
      // The other does not know of the new generation yet.
      two.journal.append(['late']);
      return [...one.lines];
    });
    const third = new Reader(directory);
    third.journal.refresh();
    expect([...third.lines].sort()).toEqual(['a', 'b', 'late']);
    expect(readdirSync(directory)).toEqual(['2.jsonl']);
    for (const { journal } of [one, two, third]) journal.close();
    rmSync(directory, { recursive: true });
  });
});
