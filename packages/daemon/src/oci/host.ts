import { isIPv4, isIPv6 } from 'node:net';

/** A registry's host taken apart. */
export interface HostParts {
  /** Lower case; an IPv6 address without its brackets. */
  hostname: string;
  /** As written; undefined: the scheme's own. */
  port: number | undefined;
}

const NAME = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;

/**
 * Reads `name`, `1.2.3.4` or `[::1]`, each with an optional `:port`. Case does not count. Undefined for what is no host: user
 * names, paths, bare IPv6 addresses, ports outside 1…65535.
 */
export function parseHost(text: string): HostParts | undefined {
  const match = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text.toLowerCase());
  if (match?.[1] === undefined) return undefined;
  const bracketed = match[1].startsWith('[');
  const hostname = bracketed ? match[1].slice(1, -1) : match[1];
  if (bracketed ? !isIPv6(hostname) || hostname.includes('%') : !NAME.test(hostname) || hostname.includes('..')) {
    return undefined;
  }
  // What looks like an address but is none (`127.1`, `0x7f.0.0.1`) is read as one by some resolvers.
  const last = hostname.slice(hostname.lastIndexOf('.') + 1);
  if (!bracketed && /^(\d+|0x[0-9a-f]*)$/.test(last) && !isIPv4(hostname)) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { hostname, port };
}

/** True for 127.0.0.0/8, ::1 and `localhost` itself: the hosts that are spoken to without TLS unless they want it. */
export function isLoopbackHost(host: string): boolean {
  const parts = parseHost(host);
  if (parts === undefined) return false;
  const { hostname } = parts;
  if (isIPv4(hostname)) return hostname.startsWith('127.');
  return hostname === 'localhost' || (isIPv6(hostname) && new URL(`http://[${hostname}]/`).hostname === '[::1]');
}
