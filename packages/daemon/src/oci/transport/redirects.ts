import { isIP } from 'node:net';
import { CondockError } from '@condock/protocol';
import { type AddressClass, classOfAddress } from './addresses.ts';

export const MAX_REDIRECTS = 5;

export interface RedirectQuestion {
  /** Where the answer came from. */
  from: URL;
  location: string | undefined;
  /** The registry's own origin. */
  registry: URL;
  /** Where that is. */
  registryClass: AddressClass;
  /** Loopback, or marked by the user. */
  mayBePlain: (host: string) => boolean;
}

export interface Hop {
  url: URL;
  /** Addresses that the host may be at; undefined: any, it is the registry itself. */
  allowed: readonly AddressClass[] | undefined;
}

/**
 * Where a redirect leads, or why it is not followed: no way down from TLS, no user names, no private, link-local or loopback
 * address unless the registry is at such a one. Throws `insecure`, or `registry-error` for a location that is none.
 */
export function nextHop({ from, location, registry, registryClass, mayBePlain }: RedirectQuestion): Hop {
  if (location === undefined || location.length > 16 * 1024 || !URL.canParse(location, from.href)) {
    throw new CondockError('registry-error', `${from.host} redirects to something that is no address.`, {
      hint: 'Tell whoever runs the registry.',
      data: { host: registry.host },
    });
  }
  const url = new URL(location, from);
  url.hash = '';
  if (url.origin === registry.origin) return { url, allowed: undefined };
  if (url.username !== '' || url.password !== '') throw refused(registry, url, 'its address carries a user name');
  if (url.protocol !== 'https:') {
    if (url.protocol !== 'http:') throw refused(registry, url, 'it is no web address');
    if (from.protocol === 'https:') throw refused(registry, url, 'it gives up TLS');
    if (!mayBePlain(url.host)) throw refused(registry, url, 'it does not use TLS');
  }
  const allowed = reachable(registryClass);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const literal = hostname === 'localhost' ? 'loopback' : isIP(hostname) === 0 ? undefined : classOfAddress(hostname);
  if (literal !== undefined && !allowed.includes(literal)) {
    throw refused(registry, url, `it is at a ${literal} address, where the registry itself is not`);
  }
  return { url, allowed };
}

/** Where a registry may send its clients: into the open, and where it is itself. */
export function reachable(registryClass: AddressClass): readonly AddressClass[] {
  return registryClass === 'public' ? ['public'] : ['public', registryClass];
}

function refused(registry: URL, url: URL, why: string): CondockError {
  const target = `${url.protocol}//${url.host}`;
  return new CondockError('insecure', `${registry.host} redirects to ${target}, which was refused: ${why}.`, {
    hint: 'Nothing was sent there. If you run this registry, correct what it redirects to.',
    data: { host: registry.host, target },
  });
}
