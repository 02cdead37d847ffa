/** Commands that somebody who typed these words may have meant: the same group or verb, else one or two letters away. */
export function nearest(words: readonly string[], names: readonly string[]): string[] {
  const [first = '', second] = words;
  const related = names.filter((n) => n.startsWith(`${first} `) || (second !== undefined && n.endsWith(` ${second}`)));
  if (related.length > 0) return related;
  const typed = [first, words.slice(0, 2).join(' ')];
  const all = names.map((name) => ({
    name,
    far: Math.min(...typed.map((t) => distance(t.replace(' ', ''), name.replace(' ', '')))),
  }));
  const least = Math.min(...all.map(({ far }) => far));
  return least > 2 || least >= first.length ? [] : all.filter(({ far }) => far === least).map(({ name }) => name);
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
