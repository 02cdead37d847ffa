import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from './version-order.ts';

/** CEP 33, "Examples": what stands in one line is equal. */
const CEP_33 = [
  ['0.4', '0.4.0'],
  ['0.4.1.rc', '0.4.1.RC'],
  ['0.4.1+local'],
  ['0.4.1+0.local'],
  ['0.4.1', '0.4.1+0'],
  ['0.4.1+1.local'],
  ['0.5a1'],
  ['0.5b3'],
  ['0.5C1'],
  ['0.5'],
  ['0.9.6'],
  ['0.960923'],
  ['1.0'],
  ['1.1dev1'],
  ['1.1a1'],
  ['1.1.0dev1', '1.1.dev1'],
  ['1.1.a1'],
  ['1.1.0rc1'],
  ['1.1.0.0', '1.1.0', '1.1'],
  ['1.1.post1', '1.1.0post1'],
  ['1.1post1'],
  ['1996.07.12'],
  ['1!0.4.1'],
  ['1!3.1.1.6'],
  ['2!0.4.1'],
];

const version = fc.oneof(
  fc.constantFrom(...CEP_33.flat()),
  fc.stringMatching(/^([0-2]!)?[0-2ab]{1,3}([._](dev|post|rc|[0-2]{1,2}|a)){0,3}_?(\+[0-2a]{1,2})?$/),
  fc.string({ maxLength: 6 }),
);

describe('compareVersions', () => {
  it('orders the examples of CEP 33, every pair of them', () => {
    const ranks = CEP_33.flatMap((group, at) => group.map((text) => ({ text, rank: at })));
    for (const a of ranks) {
      for (const b of ranks) {
        expect([a.text, b.text, Math.sign(compareVersions(a.text, b.text))]).toEqual([
          a.text,
          b.text,
          Math.sign(a.rank - b.rank),
        ]);
      }
    }
  });

  it('keeps the trailing underscore of openssl below its letters, and reads dashes as underscores', () => {
    expect(compareVersions('1.0.1_', '1.0.1a')).toBeLessThan(0);
    expect(compareVersions('1.0.1', '1.0.1_')).toBeGreaterThan(0);
    expect(compareVersions('1.2-3', '1.2_3')).toBe(0);
  });

  it('compares runs of digits of any length', () => {
    expect(compareVersions('20240101123456789012', '20240101123456789013')).toBeLessThan(0);
    expect(compareVersions('9007199254740993', '9007199254740992')).toBeGreaterThan(0);
    expect(compareVersions('1.007', '1.7')).toBe(0);
  });

  it('puts what is no version below every version', () => {
    for (const bad of ['', '1..2', '1!', 'a!1', '1+2+3', '1 0', '1.*', '_', '1__2']) {
      expect(compareVersions(bad, '0dev')).toBeLessThan(0);
    }
    expect(compareVersions('1..2', '1..2')).toBe(0);
  });

  it('is a total order: reflexive, antisymmetric and transitive', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compareVersions(a, a)).toBe(0);
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        const [x, y, z] = [a, b, c].sort(compareVersions);
        expect(compareVersions(x!, y!)).toBeLessThanOrEqual(0);
        expect(compareVersions(y!, z!)).toBeLessThanOrEqual(0);
        expect(compareVersions(x!, z!)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});
