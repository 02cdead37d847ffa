import { isLoopbackHost } from '../host.ts';
import type { AddressClass } from '../transport/addresses.ts';
import { readShort } from '../transport/body.ts';
import type { HttpResponse } from '../transport/dispatch.ts';
import type { TransportLogger } from '../transport/events.ts';
import type { GatedSender } from '../transport/gated.ts';
import { reachable } from '../transport/redirects.ts';
import type { Schemes } from '../transport/schemes.ts';
import type { Call } from './call.ts';

/** The answer of the registry itself, or of where it told an upload to go. */
export interface FirstHop {
  response: HttpResponse;
  url: URL;
  /** Addresses that the host may be at; undefined: any. */
  allowed: readonly AddressClass[] | undefined;
  /** What was read of the body already. */
  text?: string;
}

export interface AtRegistryParts {
  schemes: Schemes;
  gated: GatedSender;
  addressClass: (origin: string) => AddressClass | undefined;
  userAgent: string;
  log: TransportLogger;
}

/** The headers of a call; `authorization` only where it belongs. */
export const headersOf = (
  call: Call,
  userAgent: string,
  authorization: string | undefined,
): Record<string, string> => ({
  'user-agent': userAgent,
  ...call.headers,
  ...(authorization === undefined ? {} : { authorization }),
});

/** Sends one request to the registry, finding out on the first one whether a host that may be plain wants TLS after all. */
export async function atRegistry(
  call: Call,
  authorization: string | undefined,
  parts: AtRegistryParts,
): Promise<FirstHop> {
  const { schemes } = parts;
  let hop: FirstHop;
  try {
    hop = await go(call, authorization, parts);
  } catch (error) {
    if (call.options.signal?.aborted === true || !schemes.switchToTls(call.host, { error })) throw error;
    const secured = await overTls(call, authorization, parts);
    if (secured === undefined) throw error;
    return secured;
  }
  if (hop.response.status !== 400 || hop.url.protocol !== 'http:') {
    schemes.confirm(call.host);
    return hop;
  }
  const text = await readShort(hop.response.body);
  if (!schemes.switchToTls(call.host, { status: 400, text })) return { ...hop, text };
  return (await overTls(call, authorization, parts)) ?? { ...hop, text };
}

/** Undefined where TLS was not it. */
async function overTls(
  call: Call,
  authorization: string | undefined,
  parts: AtRegistryParts,
): Promise<FirstHop | undefined> {
  const { schemes, log } = parts;
  try {
    const hop = await go(call, authorization, parts);
    schemes.confirm(call.host);
    log({ event: 'scheme', host: call.host, scheme: 'https' });
    return hop;
  } catch (error) {
    // Whose certificate is not trusted speaks TLS: plain requests would say nothing better.
    if (isCertificateProblem(error)) throw error;
    schemes.revert(call.host);
    return undefined;
  }
}

async function go(call: Call, authorization: string | undefined, parts: AtRegistryParts): Promise<FirstHop> {
  const { schemes, gated, addressClass, userAgent } = parts;
  const origin = schemes.originOf(call.host);
  const url = typeof call.target === 'string' ? new URL(call.target, origin) : call.target;
  const own = url.origin === origin.origin;
  // `localhost` goes without TLS because it is this machine: then it has to be.
  const plainLoopback = own && url.protocol === 'http:' && isLoopbackHost(call.host);
  const elsewhere = own ? undefined : reachable(addressClass(origin.origin) ?? 'public');
  const allowed: readonly AddressClass[] | undefined = plainLoopback ? ['loopback'] : elsewhere;
  const response = await gated.send(
    {
      url,
      method: call.method,
      headers: headersOf(call, userAgent, own ? authorization : undefined),
      body: call.stream?.() ?? call.body,
      signal: call.options.signal,
      headersMs: call.headersMs,
      allowed,
    },
    call.options.priority ?? 'interactive',
  );
  return { response, url, allowed };
}

function isCertificateProblem(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/.test(code);
}
