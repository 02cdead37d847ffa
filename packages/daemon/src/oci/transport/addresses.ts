import { BlockList, isIP, isIPv6 } from 'node:net';

/** Which kind of place an IP address is. `special` (unspecified, multicast, reserved) is never a server of ours. */
export type AddressClass = 'public' | 'private' | 'link-local' | 'loopback' | 'special';

const RANGES: readonly (readonly [AddressClass, readonly string[]])[] = [
  ['loopback', ['127.0.0.0/8', '::1/128']],
  // 169.254.169.254 and fd00:ec2::254 hand out a cloud machine's own secrets.
  ['link-local', ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10']],
  ['special', ['0.0.0.0/8', '192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/3', '::/128', 'ff00::/8', '100::/64']],
];

const LISTS = RANGES.map(([kind, subnets]) => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix = ''] = subnet.split('/');
    list.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return { kind, list };
});

/** Classes an address by the IANA special-purpose registries (RFC 6890). What is no address at all is `special`. */
export function classOfAddress(address: string): AddressClass {
  const plain = address.replace(/%.*$/, '');
  const family = isIP(plain);
  if (family === 0) return 'special';
  if (family === 4) return classIn(plain, 'ipv4');
  const embedded = embeddedIpv4(plain);
  return embedded === undefined ? classIn(plain, 'ipv6') : classIn(embedded, 'ipv4');
}

function classIn(address: string, family: 'ipv4' | 'ipv6'): AddressClass {
  return LISTS.find(({ list }) => list.check(address, family))?.kind ?? 'public';
}

/** The IPv4 address behind mapped (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056) addresses. */
function embeddedIpv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const dotted = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const zeros = (count: number): boolean => groups.slice(0, count).every((g) => g === 0);
  if (groups[0] === 0x2002) return dotted(groups[1], groups[2]);
  if (groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((g) => g === 0)) {
    return dotted(groups[6], groups[7]);
  }
  if (zeros(5) && groups[5] === 0xffff) return dotted(groups[6], groups[7]);
  // The deprecated compatible form; ::1 and :: are addresses of their own.
  if (zeros(6) && (groups[6] !== 0 || (groups[7] ?? 0) > 1)) return dotted(groups[6], groups[7]);
  return undefined;
}

function groupsOf(address: string): number[] {
  // The URL parser brings every spelling to one: compressed, hexadecimal, without dots.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const numbers = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((g) => parseInt(g, 16));
  const [first, last] = [numbers(head), numbers(tail)];
  return tail === undefined ? first : [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
