// Names, summaries and messages come out of other people's files and registries: what a terminal would obey is shown instead.

/** Control characters, and those that turn the direction of text around them. */
const OBEYED = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** The same, but with the colours that this program itself uses (and newlines and tabs) let through. */
// eslint-disable-next-line no-control-regex -- that is what it is for
const OBEYED_IN_LINES = /\x1b\[[0-9;]*m|[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const PLAIN = /^[\x20-\x7e]*$/;

/** A text that takes part of a line: `\x1b`, `\u202e` and so on are spelled out. */
export function printable(text: string): string {
  return PLAIN.test(text) ? text : text.replace(OBEYED, spell);
}

/** Whole lines, coloured or not. Ends of lines may be those of Windows; form feeds, as in licence texts, go. */
export function printableLines(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\f', '')
    .replace(OBEYED_IN_LINES, (found) => (found.length > 1 || found === '\n' || found === '\t' ? found : spell(found)));
}

function spell(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
}
