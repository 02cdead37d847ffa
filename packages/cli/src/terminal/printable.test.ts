import { describe, expect, it } from 'vitest';
import { printable, printableLines } from './printable.ts';

describe('what is printed', () => {
  it.each([
    ['zlib', 'zlib'],
    ['naïve–ñ 日本', 'naïve–ñ 日本'],
    ['evil\x1b[2J\x1b]0;pwned\x07', 'evil\\x1b[2J\\x1b]0;pwned\\x07'],
    ['1\n2\t3\r', '1\\x0a2\\x093\\x0d'],
    ['\x9b31m', '\\x9b31m'],
    ['txt.\u202egpj', 'txt.\\u202egpj'],
  ])('shows %j in a cell as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each([
    ['\x1b[32mcached\x1b[39m\n\tx', '\x1b[32mcached\x1b[39m\n\tx'],
    ['\x1b[2J\x1b[H', '\\x1b[2J\\x1b[H'],
    ['MIT\r\n\f2\rX', 'MIT\n2\\x0dX'],
    ['a\u2066b', 'a\\u2066b'],
  ])('shows %j in lines as %j', (text, shown) => {
    expect(printableLines(text)).toBe(shown);
  });
});
