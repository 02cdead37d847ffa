import { describe, expect, it } from 'vitest';
import { examplePackage } from '../testing/example-package.ts';
import { compareEnvironments, comparisonMarkdown } from './compare.ts';

describe('comparing a lock with a prefix', () => {
  const digest = (letter: string): string => letter.repeat(64);
  const locked = [
    examplePackage('same', { sha256: digest('a') }),
    examplePackage('rebuilt', { sha256: digest('b') }),
    examplePackage('newer', { version: '2.0' }),
    examplePackage('gone'),
    examplePackage('requests', { kind: 'pypi' }),
  ];
  const installed = [
    examplePackage('same', { sha256: digest('a') }),
    examplePackage('rebuilt', { sha256: digest('c') }),
    examplePackage('newer'),
    examplePackage('left-over'),
  ];

  it('tells alike, different, missing and extra apart, by digest first', () => {
    const comparison = compareEnvironments(locked, installed);
    expect(comparison.same).toBe(1);
    expect(comparison.different.map((pair) => pair.locked.name)).toEqual(['rebuilt', 'newer']);
    expect(comparison.missing.map(({ name }) => name)).toEqual(['gone', 'requests']);
    expect(comparison.extra.map(({ name }) => name)).toEqual(['left-over']);
  });

  it('becomes a table by name, or says that they agree', () => {
    const text = comparisonMarkdown({ lock: '/w', prefix: '/p' }, compareEnvironments(locked, installed));
    expect(text).toContain('1 alike, 2 different, 2 not installed, 1 not in the lock.');
    expect(text).toContain('| newer | 2.0 0 | 1.0 0 |');
    expect(text.indexOf('| gone')).toBeLessThan(text.indexOf('| left-over'));
    expect(comparisonMarkdown({ lock: 'l', prefix: 'p' }, compareEnvironments([], []))).toContain('They agree.');
  });
});
