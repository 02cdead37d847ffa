/**
 * The Burrows-Wheeler transform over cyclic rotations: the last column of the sorted rotations, and where the text itself
 * stands among them. Sorts by prefixes of doubling length with a counting sort each: O(n log² n) at worst, no bad inputs.
 */
export function burrowsWheeler(text: Uint8Array): { last: Uint8Array; origin: number } {
  const n = text.length;
  let order: Int32Array = Int32Array.from({ length: n }, (_, i) => i);
  order = sortBy(order, (i) => text[i] ?? 0, 256);
  let rank = rankOf(order, (a, b) => text[a] === text[b]);
  for (let length = 1; length < n && (rank[order[n - 1] ?? 0] ?? 0) < n - 1; length *= 2) {
    const previous = rank;
    const second = (i: number): number => previous[(i + length) % n] ?? 0;
    const shifted = order.map((i) => (i - length + n) % n);
    order = sortBy(shifted, (i) => previous[i] ?? 0, n);
    rank = rankOf(order, (a, b) => previous[a] === previous[b] && second(a) === second(b));
  }
  return { last: Uint8Array.from(order, (i) => text[(i + n - 1) % n] ?? 0), origin: order.indexOf(0) };
}

/** Stable counting sort. */
function sortBy(items: Int32Array, key: (item: number) => number, keys: number): Int32Array {
  const starts = new Int32Array(keys + 1);
  for (const item of items) starts[key(item) + 1]! += 1;
  for (let k = 0; k < keys; k += 1) starts[k + 1]! += starts[k]!;
  const sorted = new Int32Array(items.length);
  for (const item of items) {
    const k = key(item);
    sorted[starts[k]!] = item;
    starts[k]! += 1;
  }
  return sorted;
}

function rankOf(order: Int32Array, same: (a: number, b: number) => boolean): Int32Array {
  const rank = new Int32Array(order.length);
  for (let at = 1; at < order.length; at += 1) {
    const [before, here] = [order[at - 1]!, order[at]!];
    rank[here] = rank[before]! + (same(before, here) ? 0 : 1);
  }
  return rank;
}
