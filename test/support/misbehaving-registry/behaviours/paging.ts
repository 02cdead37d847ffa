import type { Behaviour, When } from '../types.ts';
import { spoil } from '../when.ts';

const LISTS: When = { kind: ['tags', 'catalog', 'referrers'], method: 'GET' };

/** Every page says that the same page is the next one. */
export function pagingLoop(on: When = {}): Behaviour {
  return nextPage((url) => url, on);
}

/** Every page names a next one that was never asked for, without end. */
export function endlessPages(on: When = {}): Behaviour {
  let pages = 0;
  return nextPage((url) => `${url.split('?')[0] ?? ''}?n=1&page=${String((pages += 1))}`, on);
}

/** The next page is said to be somewhere else: `https://elsewhere/v2/…`. */
export function foreignNextPage(origin: string, on: When = {}): Behaviour {
  return nextPage((url) => `${origin}${url}`, on);
}

function nextPage(of: (url: string) => string, on: When): Behaviour {
  return spoil({ ...LISTS, ...on }, (answer, request) => ({
    ...answer,
    headers: { ...answer.headers, link: `<${of(request.url)}>; rel="next"` },
  }));
}
