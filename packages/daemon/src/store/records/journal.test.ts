import type * as NodeFs from 'node:fs';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { liveUntil } from '../../system/testing/mortal-files.ts';
import { Journal } from './journal.ts';

vi.mock('node:fs', async (original) =>
  (await import('../../system/testing/mortal-files.ts')).mortalFs(await original<typeof NodeFs>()),
);

/** A set of lines, as a reader of a journal keeps them. */
class Reader {
  readonly lines = new Set<string>();
  readonly journal: Journal;
  onLine: (line: string) => void = () => undefined;

  constructor(directory: string) {
    this.journal = new Journal({
      directory,
      onLine: (line) => {
        this.lines.add(line);
        this.onLine(line);
      },
      onReset: () => this.lines.clear(),
    });
  }
}

class Scene implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'condock-journal-'));
  readonly readers: Reader[];

  constructor(readers: number) {
    this.readers = Array.from({ length: readers }, () => new Reader(this.directory));
  }

  [Symbol.dispose](): void {
    for (const { journal } of this.readers) journal.close();
    rmSync(this.directory, { recursive: true });
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
          using scene = new Scene(3);
          const written = new Set<string>();
          steps.forEach(({ who, what }, at) => {
            const { journal, lines } = scene.readers[who]!;
            if (what === 'append') {
              journal.append([`line ${at}`]);
              lines.add(`line ${at}`);
              written.add(`line ${at}`);
            } else if (what === 'compact') journal.compact(() => [...lines]);
            else journal.refresh();
          });
          for (const { journal, lines } of scene.readers) {
            journal.refresh();
            expect(lines).toEqual(written);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([false, true])(
    'loses no line that was written by a process that is killed at any change (in it: %s)',
    async (torn) => {
      for (let before = 1, died = true; died; before += 1) {
        using scene = new Scene(2);
        const [living, next] = scene.readers;
        const append = ({ journal, lines }: Reader, line: string): void => {
          journal.append([line]);
          lines.add(line);
        };
        append(living!, 'living 1');
        const written = ['living 1'];
        ({ died } = await liveUntil({ before, torn }, async () => {
          const killed = new Reader(scene.directory);
          for (const line of ['one', 'two', 'three']) {
            append(killed, line);
            written.push(line);
            killed.journal.compact(() => [...killed.lines]);
          }
          return Promise.resolve();
        }));
        append(living!, 'living 2');
        append(next!, 'next');
        written.push('living 2', 'next');
        for (const { journal, lines } of [living!, next!]) {
          journal.refresh();
          expect([...lines], String(before)).toEqual(expect.arrayContaining(written));
        }
        expect(next!.journal.compact(() => [...next!.lines])).toBe(true);
        expect(readdirSync(scene.directory)).toHaveLength(1);
        living!.journal.refresh();
        expect([...living!.lines].sort()).toEqual([...next!.lines].sort());
      }
    },
  );

  it('keeps what was appended while another compacted', () => {
    using scene = new Scene(3);
    const [one, two, third] = scene.readers;
    one!.journal.append(['a']);
    one!.lines.add('a');
    two!.journal.append(['b']);
    one!.journal.compact(() => {
      // The other does not know of the new generation yet.
      two!.journal.append(['late']);
      return [...one!.lines];
    });
    third!.journal.refresh();
    expect([...third!.lines].sort()).toEqual(['a', 'b', 'late']);
    expect(readdirSync(scene.directory)).toEqual(['2.jsonl']);
  });

  it('keeps what was appended between reading all and beginning a new generation', () => {
    using scene = new Scene(3);
    const [one, two, third] = scene.readers;
    one!.journal.append(['a']);
    one!.lines.add('a');
    two!.journal.append(['b']);
    one!.onLine = (line) => {
      if (line === 'b') two!.journal.append(['late']);
    };
    one!.journal.compact(() => [...one!.lines]);
    third!.journal.refresh();
    expect([...third!.lines].sort()).toEqual(['a', 'b', 'late']);
  });

  it('appends where others look, though a compaction ended in its middle and left two generations', () => {
    using scene = new Scene(2);
    const [one, two] = scene.readers;
    one!.journal.append(['a']);
    writeFileSync(join(scene.directory, '2.jsonl'), '\na\n');
    two!.journal.refresh();
    one!.journal.append(['b']);
    two!.journal.refresh();
    expect([...two!.lines].sort()).toEqual(['a', 'b']);
    two!.journal.compact(() => [...two!.lines]);
    expect(readdirSync(scene.directory)).toEqual(['3.jsonl']);
  });
});
