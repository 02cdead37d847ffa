import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { widthOf } from './width.ts';

describe('widthOf', () => {
  it.each(['', 'zlib', 'a b~', '日本語', '👩‍👩‍👧', 'e\u0301', '…', '\x1b[31mred\x1b[0m', 'x日', '🇩🇪'])(
    'counts the columns of %j as the terminal shows them',
    (text) => {
      expect(widthOf(text)).toBe(stringWidth(text));
    },
  );
});
