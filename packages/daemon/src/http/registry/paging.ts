import type { OutgoingHttpHeaders } from 'node:http';

export interface Page {
  items: string[];
  /** The Link header where more follows (RFC 8288), else nothing. */
  headers: OutgoingHttpHeaders;
}

/**
 * One page of names that are sorted by their bytes: after `last`, at most `n` (distribution-spec v1.1, "Listing tags").
 * Undefined where `n` is no count. `n=0` is an empty list without a Link.
 */
export function page(path: string, sorted: readonly string[], query: URLSearchParams): Page | undefined {
  const n = query.get('n');
  if (n !== null && !/^\d{1,9}$/.test(n)) return undefined;
  const last = query.get('last');
  const rest = last === null ? sorted : sorted.filter((item) => item > last);
  if (n === null) return { items: [...rest], headers: {} };
  const items = rest.slice(0, Number(n));
  const final = items.at(-1);
  if (final === undefined || items.length === rest.length) return { items, headers: {} };
  return { items, headers: { link: `<${path}?n=${n}&last=${encodeURIComponent(final)}>; rel="next"` } };
}
