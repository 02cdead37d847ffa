import { connect, isIP, Socket, type TcpNetConnectOpts } from 'node:net';
import type { LookupAddress } from 'node:dns';
import type { Dial, ResolveHost } from '../../../packages/daemon/src/oci/transport/connector.ts';

export interface HeldNetworkOptions {
  /** What names resolve to; others do not exist. */
  names?: Readonly<Record<string, readonly string[]>>;
  /** `ADDRESS:PORT` outside loopback → a loopback server (`127.0.0.2:1234`) that plays it. */
  played?: Readonly<Record<string, string>>;
}

/** A network in the hands of a test: nothing leaves loopback, and everything that somebody tried to reach is known. */
export interface HeldNetwork {
  readonly resolve: ResolveHost;
  readonly dial: Dial;
  /** `ADDRESS:PORT` of every connection that was opened or tried, in order. */
  readonly dialled: readonly string[];
  /** Names that were looked up, in order. */
  readonly resolved: readonly string[];
}

/** Goes into `createRegistryClient`. Loopback is real; other addresses are refused unless a loopback server plays them. */
export function holdNetwork({ names = {}, played = {} }: HeldNetworkOptions = {}): HeldNetwork {
  const dialled: string[] = [];
  const resolved: string[] = [];
  const dial = (options: TcpNetConnectOpts): Socket => {
    const address = addressOf(options);
    const wanted = `${address}:${String(options.port)}`;
    dialled.push(wanted);
    const player = played[wanted];
    if (player !== undefined) {
      const [host = '', port = ''] = player.split(':');
      const socket = connect(Number(port), host);
      // A client judges a registry by where it answered.
      Object.defineProperty(socket, 'remoteAddress', { get: () => address });
      return socket;
    }
    if (/^127\.|^::1$/.test(address)) return connect({ host: address, port: options.port });
    const socket = new Socket();
    process.nextTick(() => socket.destroy(Object.assign(new Error(`${wanted} is held`), { code: 'ECONNREFUSED' })));
    return socket;
  };
  const resolve: ResolveHost = (hostname) => {
    resolved.push(hostname);
    const found = hostname === 'localhost' ? ['127.0.0.1'] : names[hostname];
    if (found !== undefined) return Promise.resolve(found.map((address) => ({ address, family: isIP(address) })));
    return Promise.reject(Object.assign(new Error(`${hostname} does not exist`), { code: 'ENOTFOUND' }));
  };
  return { resolve, dial, dialled, resolved };
}

/** The address that would be dialled: the literal, or the first that the connector's own lookup gives. */
function addressOf({ host = '', lookup }: TcpNetConnectOpts): string {
  if (isIP(host) !== 0 || lookup === undefined) return host;
  let found = '';
  lookup(host, { all: true }, (error, addresses: string | LookupAddress[]) => {
    if (error === null) found = typeof addresses === 'string' ? addresses : (addresses[0]?.address ?? '');
  });
  return found;
}
