/** Commands that somebody who typed these words may have meant: the same group or verb, else one or two letters away. */
export function nearest(words: readonly string[], names: readonly string[]): string[] {
  const [first = '', second] = words;
  const related = names.filter((n) => n.startsWith(`${first} `) || (second !== undefined && n.endsWith(` ${second}`)));
  if (related.length > 0) return related;
  const all = [first, words.slice(0, 2).join(' ')].map((typed) => within(typed, names));
  const least = Math.min(...all.map(({ far }) => far));
  return least >= first.length ? [] : [...new Set(all.flatMap((one) => (one.far === least ? one.names : [])))];
}

/** Those of the names that are the fewest letters away from what was typed, if that is one or two. */
export function closest(typed: string, names: readonly string[]): string[] {
  return within(typed, names).names;
}

function within(typed: string, names: readonly string[]): { far: number; names: string[] } {
  const all = names.map((name) => ({ name, far: distance(typed.replace(' ', ''), name.replace(' ', '')) }));
  const far = Math.min(...all.map((one) => one.far));
  return {
    far,
    names: far > 2 || far >= typed.length ? [] : all.filter((one) => one.far === far).map(({ name }) => name),
  };
}

/** Letters to add, leave out, or change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const change = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
