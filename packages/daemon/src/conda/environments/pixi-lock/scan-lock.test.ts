import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtures } from '../testing/fixtures.ts';
import { joinLock } from './join-lock.ts';
import { parseLock } from './parse-lock.ts';
import { scanLock } from './scan-lock.ts';

const locks = fixtures('locks');
const names = locks.names.filter((name) => name.endsWith('.lock'));

function lockWith(record: string, head = ''): string {
  return `version: 6\n${head}environments:\n  default:\n    channels:\n    - url: https://c.example/ch/\n    packages:\n      linux-64:\n      - conda: https://c.example/ch/linux-64/a-1-0.conda\npackages:\n- conda: https://c.example/ch/linux-64/a-1-0.conda\n${record}`;
}

describe.skipIf(locks.missing)('the line scanner', () => {
  it.each(names)('reads %s itself, and just as the YAML parser does', (name) => {
    const text = readFileSync(join(locks.folder, name), 'utf8');
    const scanned = scanLock(text);
    expect(scanned).toBeDefined();
    const parsed = parseLock(text, name);
    expect(scanned).toEqual(parsed);
    expect(joinLock(scanned!, name)).toEqual(joinLock(parsed, name));
  });

  it.each(names)('reads %s with the line ends of Windows alike', (name) => {
    const text = readFileSync(join(locks.folder, name), 'utf8');
    expect(scanLock(text.replaceAll('\n', '\r\n'))).toEqual(scanLock(text));
  });

  it.each(names)('never reads a damaged %s otherwise than the YAML parser', (name) => {
    const text = readFileSync(join(locks.folder, name), 'utf8').slice(0, 4000);
    const damage = fc.record({
      at: fc.nat(text.length),
      cut: fc.nat(12),
      put: fc.stringMatching(/^[ \n:#'"[\]{}|>&*!,?a-z0-9-]{0,4}$/),
    });
    fc.assert(
      fc.property(damage, ({ at, cut, put }) => {
        const damaged = text.slice(0, at) + put + text.slice(at + cut);
        const scanned = scanLock(damaged);
        if (scanned === undefined) return;
        let parsed: unknown;
        try {
          parsed = parseLock(damaged, name);
        } catch {
          // The scanner does not look at values that nobody uses, so it may forgive more.
          return;
        }
        expect(scanned).toEqual(parsed);
      }),
      { numRuns: 300, seed: 20_261_124 },
    );
  });
});

describe('scanLock', () => {
  it.each([
    ['version: 3.10', '3.10'],
    ['version: "3.10"', '3.10'],
    ["version: '1e3'", '1e3'],
    ['version: 0x10', '0x10'],
    ['version: 2024_01', '2024_01'],
    ['version: no', 'no'],
    ['version: 1!2.0', '1!2.0'],
    ['version: "null"', 'null'],
    ['version: null', null],
    ['version: ~', null],
    ['version:', null],
    ['version:   1.0   ', '1.0'],
  ])('reads the scalar %j as text, quoted or not', (line, value) => {
    const text = lockWith(`  ${line}\n`);
    expect(scanLock(text)?.records[0]?.version).toBe(value);
    expect(scanLock(text)).toEqual(parseLock(text, 'x'));
  });

  it.each([
    ['a comment behind a value', '  version: 1.0 # old\n'],
    ['an escape', '  version: "1\\u002e0"\n'],
    ['a doubled quote', "  license: 'a''b'\n"],
    ['a value over two lines', '  license: MIT\n    OR BSD\n'],
    ['a quoted value over two lines', '  license: "MIT\n    OR BSD"\n'],
    ['a block scalar', '  license: |\n    MIT\n'],
    ['an anchor and an alias', '  version: &v "1.0"\n  build: *v\n'],
    ['a tag', '  version: !!str 1.0\n'],
    ['a quoted key', '  "version": "1.0"\n'],
    ['a flow map as a record', '- {conda: https://c.example/ch/linux-64/b-1-0.conda, version: "1.0"}\n'],
    ['a tab', '  version:\t"1.0"\n'],
    ['deeper blanks behind the dash', '-    conda: https://c.example/ch/linux-64/b-1-0.conda\n     version: "1"\n'],
  ])('leaves %s to the YAML parser, or reads it alike', (_what, record) => {
    const text = lockWith(record);
    const scanned = scanLock(text);
    if (scanned !== undefined) expect(scanned).toEqual(parseLock(text, 'x'));
    else expect(parseLock(text, 'x').records.length).toBeGreaterThan(0);
  });

  it.each([
    ['a key twice in a record', lockWith('  version: "1"\n  version: "2"\n')],
    ['a key twice at the top', `${lockWith('')}version: 7\n`],
    ['an environment twice', lockWith('').replace('packages:\n-', '  default: {}\npackages:\n-')],
    ['a second document', `${lockWith('')}---\nversion: 6\n`],
    ['a directive', `%YAML 1.2\n---\n${lockWith('')}`],
    ['a list where a map belongs', 'version: 6\nenvironments:\n- default\npackages: []\n'],
    ['a colon in a plain value', lockWith('  license: a: b\n')],
    ['nothing', ''],
  ])('does not read %s', (_what, text) => {
    expect(scanLock(text)).toBeUndefined();
  });

  it('stops before the records where only the outline is asked for', () => {
    const outline = scanLock(lockWith('  &broken\n'), { records: false });
    expect(outline?.environments.map(({ name }) => name)).toEqual(['default']);
    expect(outline?.records).toEqual([]);
  });
});

describe('parseLock', () => {
  it('refuses more aliases than a lock can need', () => {
    const aliases = Array.from({ length: 200 }, () => '  - *a\n').join('');
    expect(() => parseLock(lockWith(`  version: &a "1"\n  depends:\n${aliases}`), '/x/pixi.lock')).toThrow(
      /\/x\/pixi.lock is no valid YAML.*aliases/,
    );
  });

  it('says where a lock has another shape', () => {
    expect(() => parseLock('version: 6\nenvironments: 3\n', '/x/pixi.lock')).toThrow(
      '/x/pixi.lock is no pixi.lock: environments is not a map.',
    );
    expect(() => parseLock(lockWith('  version: [1]\n'), '/x/pixi.lock')).toThrow(
      '"version" in packages is not one value',
    );
  });
});
