import { CondockError } from '@condock/protocol';

/**
 * A reader of the plain block YAML that programs write: maps, sequences, one-line scalars. It stands on one line at a
 * time. Whatever it does not know for certain it refuses, so that a whole YAML parser may take over.
 */
export interface BlockCursor {
  readonly text: string;
  /** Where the line after this one begins. */
  next: number;
  /** Columns before this line's content; -1 at the end of the text. */
  indent: number;
  /** Content of the line: start inclusive, end exclusive, without blanks around it. */
  start: number;
  end: number;
  /** Whether the line is an item of a sequence. */
  dash: boolean;
  /** Where the value of the key that was read last begins; `end` where there is none on this line. */
  value: number;
}

const SPACE = 32;
const HASH = 35;
const DASH = 45;
const DOT = 46;
const COLON = 58;
const PERCENT = 37;
const DOUBLE = 34;
const SINGLE = 39;
/** What may not begin a plain scalar, or is better left to a parser that knows all of YAML. */
const INDICATORS = new Set(Array.from('-?:,[]{}#&*!|>%@`', (c) => c.charCodeAt(0)));

/** Throws (as every function here does) where the text is outside of what this reader knows. */
export function openCursor(text: string): BlockCursor {
  const plain = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text;
  const cursor = { text: plain, next: 0, indent: -1, start: 0, end: 0, dash: false, value: 0 };
  if (plain.charCodeAt(0) === 0xfeff) cursor.next = 1;
  if (plain.includes('\t') || plain.includes('\r')) throw outside(cursor);
  advance(cursor);
  return cursor;
}

/** Whether the line is a key of the map at this column. */
export const atKey = (cursor: BlockCursor, indent: number): boolean => cursor.indent === indent && !cursor.dash;

/** Whether the line is an item of the sequence at this column. */
export const atItem = (cursor: BlockCursor, indent: number): boolean => cursor.indent === indent && cursor.dash;

/** Whether the line belongs to a key at this column: it is further in, or an item of its sequence. */
export const isWithin = (cursor: BlockCursor, indent: number): boolean =>
  cursor.indent > indent || atItem(cursor, indent);

/** Goes to the next line that has content. */
export function advance(cursor: BlockCursor): void {
  const { text } = cursor;
  for (;;) {
    const from = cursor.next;
    if (from >= text.length) {
      cursor.indent = -1;
      cursor.dash = false;
      return;
    }
    const newline = text.indexOf('\n', from);
    let end = newline < 0 ? text.length : newline;
    cursor.next = end + 1;
    let start = from;
    while (text.charCodeAt(start) === SPACE) start += 1;
    if (start >= end) continue;
    const first = text.charCodeAt(start);
    if (first === HASH) continue;
    while (text.charCodeAt(end - 1) === SPACE) end -= 1;
    cursor.indent = start - from;
    cursor.start = start;
    cursor.end = end;
    cursor.dash = first === DASH && (start + 1 === end || text.charCodeAt(start + 1) === SPACE);
    // Directives and the marks between documents.
    if (start === from && (first === PERCENT || first === DOT || (first === DASH && !cursor.dash))) {
      throw outside(cursor);
    }
    return;
  }
}

/** Steps behind the dash of an item: from here on its content reads like a line of its own. */
export function enterItem(cursor: BlockCursor): void {
  const from = cursor.start;
  cursor.start += 1;
  while (cursor.text.charCodeAt(cursor.start) === SPACE) cursor.start += 1;
  if (cursor.start >= cursor.end) throw outside(cursor);
  cursor.indent += cursor.start - from;
  cursor.dash = false;
}

/** The key of this line; its value is then what `readScalar` or `skipValue` read. */
export function readKey(cursor: BlockCursor): string {
  const { text } = cursor;
  let at = cursor.start;
  while (isKeyCharacter(text.charCodeAt(at))) at += 1;
  if (at === cursor.start || text.charCodeAt(at) !== COLON) throw outside(cursor);
  const key = text.slice(cursor.start, at);
  at += 1;
  if (at < cursor.end && text.charCodeAt(at) !== SPACE) throw outside(cursor);
  while (at < cursor.end && text.charCodeAt(at) === SPACE) at += 1;
  cursor.value = at;
  return key;
}

function isKeyCharacter(c: number): boolean {
  return (c >= 97 && c <= 122) || c === 95 || c === DASH || (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === DOT;
}

/**
 * Reads a one-line scalar as text, and goes on; null for null and for nothing. That the next line is no part of it, as in
 * scalars over several lines, is seen by whoever reads the map: it then stands at no column of theirs.
 */
export function readScalar(cursor: BlockCursor): string | null {
  const value = cursor.value === cursor.end ? null : lineScalar(cursor, cursor.value);
  advance(cursor);
  return value;
}

function lineScalar(cursor: BlockCursor, from: number): string | null {
  const { text, end } = cursor;
  const first = text.charCodeAt(from);
  if (first === DOUBLE || first === SINGLE) {
    const inner = text.slice(from + 1, end - 1);
    const closed = end - from >= 2 && text.charCodeAt(end - 1) === first;
    // Escapes are rare enough to be left to the parser.
    if (!closed || inner.includes(first === DOUBLE ? '"' : "'") || (first === DOUBLE && inner.includes('\\'))) {
      throw outside(cursor);
    }
    return inner;
  }
  const plain = text.slice(from, end);
  if (INDICATORS.has(first) || plain.includes(': ') || plain.includes(' #') || plain.endsWith(':')) {
    throw outside(cursor);
  }
  return plain === 'null' || plain === '~' || plain === 'Null' || plain === 'NULL' ? null : plain;
}

/** Whether the value on this line is `[]` or `{}`; then goes on. */
export function skipEmpty(cursor: BlockCursor): boolean {
  const { text, value, end } = cursor;
  if (end - value !== 2 || !(text.startsWith('[]', value) || text.startsWith('{}', value))) return false;
  advance(cursor);
  return true;
}

/** Passes over a value of whatever kind that belongs to a key at `indent`. */
export function skipValue(cursor: BlockCursor, indent: number): void {
  const { text, value, end } = cursor;
  if (value === end) {
    advance(cursor);
    while (isWithin(cursor, indent)) advance(cursor);
    return;
  }
  const first = text.charAt(value);
  const last = text.charAt(end - 1);
  if (first === '[' || first === '{') {
    if (last !== (first === '[' ? ']' : '}')) throw outside(cursor);
  } else if (first === '"' || first === "'") {
    lineScalar(cursor, value);
  } else if ('&*!|>%@`'.includes(first)) {
    throw outside(cursor);
  }
  advance(cursor);
}

/** The error that says: this needs a whole parser. Never shown. */
export function outside(cursor: BlockCursor): CondockError {
  return new CondockError('unsupported-format', `Outside of plain block YAML at offset ${cursor.start}.`);
}
