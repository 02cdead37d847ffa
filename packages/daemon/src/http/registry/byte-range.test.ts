import { expect, it } from 'vitest';
import { parseByteRange, parseUploadRange } from './byte-range.ts';

it.each([
  [undefined, 10, 'whole'],
  ['bytes=0-', 10, { start: 0, end: 9 }],
  ['bytes=2-4', 10, { start: 2, end: 4 }],
  ['bytes=2-400', 10, { start: 2, end: 9 }],
  ['bytes=-3', 10, { start: 7, end: 9 }],
  ['bytes=-300', 10, { start: 0, end: 9 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=5-2', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=0-1,3-4', 10, 'whole'],
  ['bytes=-', 10, 'whole'],
  ['items=0-1', 10, 'whole'],
])('reads the range %s of %d bytes', (header, size, expected) => {
  expect(parseByteRange(header, size)).toEqual(expected);
});

it.each([
  ['0-9', { start: 0, end: 9 }],
  ['bytes 5-9/10', { start: 5, end: 9 }],
  ['9-0', undefined],
  ['0-', undefined],
  [`0-${'9'.repeat(30)}`, undefined],
])('reads the upload range %s', (header, expected) => {
  expect(parseUploadRange(header)).toEqual(expected);
});
