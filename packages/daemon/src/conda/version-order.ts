/** A run of digits (leading zeros removed), a lower-cased string, or what always sorts last. */
type Atom = { kind: 'string'; text: string } | { kind: 'number'; digits: string } | { kind: 'post' };

interface ParsedVersion {
  /** The epoch, then the main version. */
  main: Atom[][];
  local: Atom[][];
}

const ZERO: Atom = { kind: 'number', digits: '0' };
const LITERAL = /^(?:([0-9]+)!)?([0-9a-z._-]+)(?:\+([0-9a-z._-]+))?$/;

/**
 * Orders conda versions (CEP 33): negative where `a` is older, 0 where both are the same version (`1.1` and `1.1.0`),
 * positive where `a` is newer. Runs of digits may have any length. A total order over all strings: what is no version
 * literal sorts below every version, by its UTF-16 code units.
 */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return 1;
    if (right !== undefined) return -1;
    return compareText(a, b);
  }
  return compareSegments(left.main, right.main) || compareSegments(left.local, right.local);
}

function parse(text: string): ParsedVersion | undefined {
  const match = LITERAL.exec(text.toLowerCase());
  if (match === null) return undefined;
  const main = splitSegments(match[2] ?? '');
  const local = match[3] === undefined ? [] : splitSegments(match[3]);
  if (main === undefined || local === undefined) return undefined;
  return { main: [[number(match[1] ?? '0')], ...main], local };
}

function splitSegments(text: string): Atom[][] | undefined {
  const underscored = text.replaceAll('-', '_');
  // One trailing underscore belongs to what precedes it: openssl's 1.0.1_ comes before its 1.0.1a.
  const trailing = underscored.endsWith('_');
  const parts = (trailing ? underscored.slice(0, -1) : underscored).split(/[._]/);
  if (parts.includes('')) return undefined;
  return parts.map((part, at) => splitAtoms(trailing && at === parts.length - 1 ? `${part}_` : part));
}

function splitAtoms(segment: string): Atom[] {
  const atoms = (segment.match(/[0-9]+|[^0-9]+/g) ?? []).map(atomOf);
  // Keeps numbers and strings in phase: 1.1.a1 is 1.1.0a1.
  return /^[0-9]/.test(segment) ? atoms : [ZERO, ...atoms];
}

function atomOf(text: string): Atom {
  if (/^[0-9]/.test(text)) return number(text);
  if (text === 'post') return { kind: 'post' };
  return { kind: 'string', text };
}

function number(digits: string): Atom {
  return { kind: 'number', digits: digits.replace(/^0+(?=.)/, '') };
}

function compareSegments(left: readonly Atom[][], right: readonly Atom[][]): number {
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const a = left[at] ?? [ZERO];
    const b = right[at] ?? [ZERO];
    for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
      const order = compareAtoms(a[i] ?? ZERO, b[i] ?? ZERO);
      if (order !== 0) return order;
    }
  }
  return 0;
}

const RANK = { string: 0, number: 1, post: 2 };

function compareAtoms(a: Atom, b: Atom): number {
  if (a.kind === 'number' && b.kind === 'number') {
    return a.digits.length - b.digits.length || compareText(a.digits, b.digits);
  }
  if (a.kind === 'string' && b.kind === 'string') {
    // `dev` comes before every other string.
    return Number(b.text === 'dev') - Number(a.text === 'dev') || compareText(a.text, b.text);
  }
  return RANK[a.kind] - RANK[b.kind];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
