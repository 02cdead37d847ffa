import { describe, expect, it } from 'vitest';
import { classifyTag, formatV0History, formatV1History, referrersTag } from './tags.ts';

const HEX = 'ab'.repeat(32);

describe('classifyTag', () => {
  it.each([
    ['latest', { kind: 'latest' }],
    ['1.0-0', { kind: 'package' }],
    ['1.0_P1-a__0', { kind: 'package' }],
    [`h${HEX}`, { kind: 'hashed' }],
    ['h1.0-0', { kind: 'package' }],
    [`sha256-${HEX}`, { kind: 'referrers', subject: `sha256:${HEX}` }],
    [`sha256-${HEX}.sig`, { kind: 'attachment', subject: `sha256:${HEX}`, suffix: 'sig' }],
    [`sha256-${HEX}.sbom`, { kind: 'attachment', subject: `sha256:${HEX}`, suffix: 'sbom' }],
    [`sha512-${HEX}`, { kind: 'referrers', subject: undefined }],
    ['20250310T010203Z', { kind: 'history', time: new Date('2025-03-10T01:02:03Z') }],
    ['2025.03.10.01.02', { kind: 'history', time: new Date('2025-03-10T01:02:00Z') }],
    ['2025.03.10.010203', { kind: 'history', time: new Date('2025-03-10T01:02:03Z') }],
    ['2025.13.10.01.02', { kind: 'other' }],
    ['1.0', { kind: 'other' }],
    ['1-2-3', { kind: 'other' }],
    ['-1', { kind: 'other' }],
  ])('tells what %s is', (tag, expected) => {
    expect(classifyTag(tag)).toEqual(expected);
  });

  it('knows the tags that this module writes', () => {
    const time = new Date('2026-11-24T02:03:04.567Z');
    expect(formatV1History(time)).toBe('20261124T020304Z');
    expect(formatV0History(time)).toBe('2026.11.24.02.03');
    expect(classifyTag(formatV1History(time))).toEqual({ kind: 'history', time: new Date('2026-11-24T02:03:04Z') });
    expect(classifyTag(formatV0History(time))).toEqual({ kind: 'history', time: new Date('2026-11-24T02:03:00Z') });
    expect(classifyTag(referrersTag(`sha256:${HEX}`)).kind).toBe('referrers');
  });
});
