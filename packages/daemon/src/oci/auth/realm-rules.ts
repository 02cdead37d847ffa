import { CondockError } from '@condock/protocol';
import { isIP } from 'node:net';
import { type AddressClass, classOfAddress } from '../transport/addresses.ts';
import { reachable } from '../transport/redirects.ts';

export interface RealmQuestion {
  /** As the registry named it. */
  realm: string;
  /** The origin that the challenge came from. */
  registry: URL;
  /** Where that origin was reached. */
  registryClass: AddressClass;
}

export interface AcceptedRealm {
  url: URL;
  /** Addresses that its host may be at; checked again, for each address of its name, before anything is dialled. */
  allowed: readonly AddressClass[];
  /** False: only anonymous tokens may be fetched there, since anybody on the way could have named it. */
  takesCredentials: boolean;
}

const MAX_LENGTH = 2048;

/**
 * Whether a token server that a registry names may be asked (the realm rules). TLS only, but for loopback registries and for the
 * registry's own host where the user marked that as insecure; no private, link-local or loopback address unless the registry
 * is at such a one; secrets only where the name came over TLS, from loopback, or is the registry's own. Throws `insecure`.
 */
export function acceptRealm({ realm, registry, registryClass }: RealmQuestion): AcceptedRealm {
  const url = realm.length <= MAX_LENGTH && URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined) throw refused(registry, 'something that is no URL', 'it can not be read');
  const shown = `${url.protocol}//${url.host}`;
  if (url.username !== '' || url.password !== '') throw refused(registry, shown, 'its address carries a user name');
  const sameHost = url.hostname === registry.hostname;
  const allowed = reachable(registryClass);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const literal = hostname === 'localhost' ? 'loopback' : isIP(hostname) === 0 ? undefined : classOfAddress(hostname);
  if (url.protocol !== 'https:') {
    if (url.protocol !== 'http:') throw refused(registry, shown, 'it is no web address');
    const plainToo =
      registry.protocol === 'http:' && (sameHost || (registryClass === 'loopback' && literal === 'loopback'));
    if (!plainToo) throw refused(registry, shown, 'it does not use TLS');
  }
  if (literal !== undefined && !allowed.includes(literal)) {
    throw refused(registry, shown, `it is at a ${literal} address, where the registry itself is not`);
  }
  return {
    url,
    allowed,
    takesCredentials: registry.protocol === 'https:' || registryClass === 'loopback' || sameHost,
  };
}

function refused(registry: URL, realm: string, why: string): CondockError {
  return new CondockError(
    'insecure',
    `${registry.host} sends its clients for a token to ${realm}, which was refused: ${why}.`,
    {
      hint: 'No secret was sent. If you run this registry, correct its token realm.',
      data: { host: registry.host, realm },
    },
  );
}
