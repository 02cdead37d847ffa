import { CondockError } from '@condock/protocol';
import { connectionError } from '../failures.ts';
import { discard, readBounded } from '../transport/body.ts';
import type { Answer, Call, Exchange } from './exchange.ts';

/** docker-registry 2.8 sends all tags of a repository at once, however many. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;
const MAX_PAGES = 100_000;

/** The address of the next page out of `Link: <…>; rel="next"` (RFC 8288); undefined where this was the last. */
export function nextLink(header: string | string[] | undefined): string | undefined {
  for (const value of [header ?? []].flat()) {
    for (const [, target, parameters = ''] of value.matchAll(
      /<([^<>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)/g,
    )) {
      if (/;\s*rel\s*=\s*"?(?:[^"]*\s)?next(?=["\s;]|$)/i.test(parameters)) return target;
    }
  }
  return undefined;
}

/**
 * JSON documents of a paged listing, following relative and absolute next links of the same registry. Nothing for 404. A next
 * link to another origin or to a page that was already read ends in `registry-error`.
 */
export async function* pages(
  exchange: Exchange,
  call: Call,
): AsyncGenerator<{ document: unknown; answer: Answer }, 404 | 200> {
  const seen = new Set<string>();
  let at: Call = call;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await exchange.send(at);
    if (answer.status === 404) {
      discard(answer.body);
      return page === 0 ? 404 : 200;
    }
    if (answer.status !== 200) throw await exchange.failure(call, answer);
    yield { document: await readJson(call, answer), answer };
    const link = nextLink(answer.headers.link);
    if (link === undefined) return 200;
    const next = URL.canParse(link, answer.url.href) ? new URL(link, answer.url) : undefined;
    const target = next === undefined ? undefined : `${next.pathname}${next.search}`;
    // Behind a proxy that ends TLS the link may say http: the path is what counts, the origin stays ours.
    if (next?.host !== answer.url.host || target === undefined || seen.has(target)) throw badLink(call);
    seen.add(target);
    at = { ...call, target };
  }
  throw badLink(call);
}

async function readJson(call: Call, answer: Answer): Promise<unknown> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readBounded(answer.body, MAX_PAGE_BYTES);
  } catch (error) {
    throw connectionError(call, error, call.options.signal);
  }
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '');
  } catch (error) {
    throw new CondockError(
      'registry-error',
      `Could not ${call.doing}: ${call.host} sent something that is no listing.`,
      {
        hint: 'Check that this is an OCI registry.',
        data: { host: call.host, status: 200 },
        cause: error,
      },
    );
  }
}

function badLink({ host, doing }: Call): CondockError {
  return new CondockError('registry-error', `Could not ${doing}: ${host} names a next page that leads nowhere new.`, {
    hint: 'Tell whoever runs the registry.',
    data: { host },
  });
}
