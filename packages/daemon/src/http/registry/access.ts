import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { errorReply, type Reply } from './reply.ts';

/** HTTP Basic. `check` says whether a pair of name and password may come in. */
export interface BasicAuth {
  check(username: string, password: string): boolean | Promise<boolean>;
  /** Default `condock`. */
  realm?: string;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

export function isLoopbackAddress(host: string): boolean {
  return isIP(host) !== 0 && LOOPBACK.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}

/** A check over fixed pairs that takes the same time whatever is wrong. */
export function fixedUsers(passwords: Readonly<Record<string, string>>): BasicAuth {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  const known = Object.entries(passwords).map(([username, password]) => hash(`${username}:${password}`));
  return {
    check: (username, password) => {
      const offered = hash(`${username}:${password}`);
      return known.reduce((found, one) => timingSafeEqual(one, offered) || found, false);
    },
  };
}

/**
 * Who may talk to the registry at all: undefined, or why not. A page in a browser can't: neither by a name of its own that
 * points here (DNS rebinding; such requests carry that name as Host), nor by a request across origins.
 */
export async function refuse(
  request: IncomingMessage,
  options: { names: ReadonlySet<string>; anyAddress: boolean; auth: BasicAuth | undefined },
): Promise<Reply | undefined> {
  const host = hostOf(request.headers.host);
  const known =
    host !== undefined &&
    (isLoopbackAddress(host) || options.names.has(host) || (options.anyAddress && isIP(host) !== 0));
  if (!known) return errorReply(403, 'DENIED', 'This registry is not reachable under that host name.');
  const site = request.headers['sec-fetch-site'];
  if (request.headers.origin !== undefined || (site !== undefined && site !== 'none'))
    return errorReply(403, 'DENIED', 'This registry does not answer web pages.');
  if (options.auth === undefined) return undefined;
  const pair = basicPair(request.headers.authorization);
  if (pair !== undefined && (await options.auth.check(pair.username, pair.password))) return undefined;
  const challenge = `Basic realm="${options.auth.realm ?? 'condock'}", charset="UTF-8"`;
  const message = pair === undefined ? 'A name and a password are needed.' : 'That name and password are not known.';
  return errorReply(401, 'UNAUTHORIZED', message, { headers: { 'www-authenticate': challenge } });
}

/** The name or address alone, in lower case, without port and brackets. */
function hostOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function basicPair(header: string | undefined): { username: string; password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
