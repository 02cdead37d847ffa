import {
  basicAuth,
  type Certificate,
  type MisbehavingRegistry,
  startMisbehavingRegistry,
} from '../misbehaving-registry/index.ts';
import { type HeldNetwork, holdNetwork } from './held-network.ts';

export type WorldName = 'on loopback without TLS' | 'in the open with TLS';

/** Where a hostile registry stands, and where it may want to lead its clients. */
export interface World {
  readonly name: WorldName;
  /** As it stands in references, and its origin. */
  readonly host: string;
  readonly origin: string;
  /** Second server of the attacker's. It asks for a password and keeps every byte. */
  readonly trap: MisbehavingRegistry;
  /** Its origins: of the same kind as the registry's, and without TLS. */
  readonly trapOrigin: string;
  readonly plainTrapOrigin: string;
  /** What a client must trust. */
  readonly ca: string;
  /** `ADDRESS:PORT` of the registry, and of the trap. */
  readonly address: string;
  readonly trapAddresses: readonly string[];
  network(): HeldNetwork;
}

const REGISTRY_ADDRESS = '203.0.113.5:443';
const TRAP_ADDRESS = '198.51.100.7:443';

/** Names that an attacker owns and lets point to where he likes. */
const NAMES = {
  'registry.example': ['203.0.113.5'],
  'trap.example': ['198.51.100.7'],
  'private.example': ['10.1.2.3'],
  'metadata.example': ['169.254.169.254'],
  'rebound.example': ['198.51.100.7', '192.168.1.1'],
  'loopback.example': ['127.0.0.1'],
};

/** For the certificate of a world with TLS. */
export const WORLD_NAMES: readonly string[] = Object.keys(NAMES);

/** Names and literals outside of the registry's own kind of network, as origins. */
export const FORBIDDEN_ORIGINS = [
  'https://10.1.2.3',
  'https://192.168.1.1:8443',
  'https://169.254.169.254',
  'https://[fe80::1]',
  'https://[fd00:ec2::254]',
  'https://[::ffff:10.0.0.1]',
  'https://0.0.0.0',
  'https://private.example',
  'https://metadata.example',
  'https://rebound.example',
] as const;

export interface RunningWorld extends World, AsyncDisposable {
  readonly registry: MisbehavingRegistry;
}

/** A registry to be made hostile by `use`, and its trap. */
export async function startWorld(name: WorldName, certificate: Certificate): Promise<RunningWorld> {
  const open = name === 'in the open with TLS';
  const tls = open ? { tls: certificate } : {};
  const registry = await startMisbehavingRegistry({ address: '127.0.0.2', ...tls });
  const enticing = [basicAuth({ username: 'nobody', password: 'knows' })];
  const trap = await startMisbehavingRegistry({ address: '127.0.0.3', behaviours: enticing, ...tls });
  const plain = open ? await startMisbehavingRegistry({ address: '127.0.0.3', behaviours: enticing }) : trap;
  const played = open
    ? { [REGISTRY_ADDRESS]: registry.host, [TRAP_ADDRESS]: trap.host, '198.51.100.7:80': plain.host }
    : {};
  const both: MisbehavingRegistry = {
    ...trap,
    bytesSeen: () => Buffer.concat([trap.bytesSeen(), plain.bytesSeen()]),
    leaksOf: (secret, username) => [
      ...new Set([...trap.leaksOf(secret, username), ...plain.leaksOf(secret, username)]),
    ],
  };
  return {
    name,
    registry,
    host: open ? 'registry.example' : registry.host,
    origin: open ? 'https://registry.example' : registry.url,
    trap: both,
    trapOrigin: open ? 'https://trap.example' : trap.url,
    plainTrapOrigin: open ? 'http://trap.example' : trap.url,
    ca: certificate.cert,
    address: open ? REGISTRY_ADDRESS : registry.host,
    trapAddresses: open ? [TRAP_ADDRESS, '198.51.100.7:80'] : [trap.host],
    network: () => holdNetwork({ names: NAMES, played }),
    [Symbol.asyncDispose]: async () => {
      await registry.stop();
      await trap.stop();
      if (plain !== trap) await plain.stop();
    },
  };
}
