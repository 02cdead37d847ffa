import { BlockList, isIP, isIPv6 } from 'node:net';
import { CondockError } from '@condock/protocol';
import { classOfAddress } from './addresses.ts';

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Through which proxy an origin is reached, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY (lower case wins, as in curl); undefined:
 * directly. Loopback is never proxied. Throws `config-invalid` for a proxy that is no http or https URL.
 */
export function proxyFor(target: URL, env: ProxyEnvironment): URL | undefined {
  const hostname = target.hostname.replace(/^\[|\]$/g, '');
  if (hostname === 'localhost' || (isIP(hostname) !== 0 && classOfAddress(hostname) === 'loopback')) return undefined;
  const name = target.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const value = variable(env, name);
  if (value === undefined) return undefined;
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
  if (isExempt(hostname, port, variable(env, 'no_proxy') ?? '')) return undefined;
  return parseProxy(value, name.toUpperCase());
}

function variable(env: ProxyEnvironment, name: string): string | undefined {
  const value = env[name] ?? env[name.toUpperCase()];
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function isExempt(hostname: string, port: number, noProxy: string): boolean {
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .some((entry) => entry !== '' && matches(entry, hostname, port));
}

/** `*`, `name` and `.name` (with what is below them), `address`, `network/bits`, each but the last with an optional port. */
function matches(entry: string, hostname: string, port: number): boolean {
  if (entry === '*') return true;
  const network = /^([0-9a-f:.]+)\/(\d+)$/.exec(entry);
  if (network?.[1] !== undefined) return isInNetwork(hostname, network[1], Number(network[2]));
  if (isIPv6(entry)) return hostname === entry;
  const parts = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry);
  if (parts?.[2] !== undefined && Number(parts[2]) !== port) return false;
  const name = (parts?.[1] ?? entry).replace(/^\*?\./, '');
  return hostname === name || hostname.endsWith(`.${name}`);
}

function isInNetwork(hostname: string, network: string, bits: number): boolean {
  const family = isIP(hostname);
  if (family === 0 || family !== isIP(network) || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(hostname, type);
}

function parseProxy(value: string, name: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CondockError('config-invalid', `${name} does not name an http or https proxy.`, {
      hint: `${name} reads http://HOST:PORT. Other kinds of proxies are not supported.`,
    });
  }
  return url;
}
