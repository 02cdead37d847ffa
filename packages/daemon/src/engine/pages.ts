import { CondockError, LIMITS } from '@condock/protocol';

/**
 * One page of a listing: items from `cursor` until about `LIMITS.pageBytes` of JSON. A long answer in one message
 * would stall every other client of the daemon.
 */
export function pageOf<T>(items: readonly T[], cursor: string | undefined): { items: T[]; nextCursor?: string } {
  const start = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isSafeInteger(start) || start < 0 || start > items.length) {
    throw new CondockError('usage', `"${String(cursor)}" is no cursor of this listing.`, {
      hint: 'Start again without a cursor.',
    });
  }
  const page: T[] = [];
  let bytes = 0;
  for (let at = start; at < items.length; at += 1) {
    const item = items[at] as T;
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (page.length > 0 && bytes > LIMITS.pageBytes) return { items: page, nextCursor: String(at) };
    page.push(item);
  }
  return { items: page };
}
