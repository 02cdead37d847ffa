import stringWidth from 'fast-string-width';

const PLAIN = /^[\x20-\x7e]*$/;

/** Columns of a terminal that a text takes. Nearly every cell of a table is plain ASCII, where that is its length. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}
