import stringWidth from 'fast-string-width';

const PLAIN = /^[\x20-\x7e]*$/;

/** Columns of a terminal that a text takes. Nearly every cell of a table is plain ASCII, where that is its length. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** A text that is too wide, with `…` for what was cut at its end or, with `front`, at its beginning. */
export function cutTo(text: string, width: number, front = false): string {
  if (widthOf(text) <= width) return text;
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  if (front) characters.reverse();
  let kept = '';
  let used = 1;
  for (const character of characters) {
    used += widthOf(character);
    if (used > width) break;
    kept = front ? character + kept : kept + character;
  }
  return front ? `…${kept}` : `${kept}…`;
}
