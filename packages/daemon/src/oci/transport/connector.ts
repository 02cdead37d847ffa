import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { request } from 'node:http';
import { connect as netConnect, isIP, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as tlsConnect, type SecureContext, type TLSSocket } from 'node:tls';
import { CondockError } from '@condock/protocol';
import { type AddressClass, classOfAddress } from './addresses.ts';
import { proxyFor, type ProxyEnvironment } from './proxy.ts';

/** Finds all addresses of a name. */
export type ResolveHost = (hostname: string) => Promise<LookupAddress[]>;

/** Opens a TCP connection. Its `lookup` answers with addresses that were checked: it must not ask anything else. */
export type Dial = (options: TcpNetConnectOpts) => Socket;

export interface ConnectorParts {
  trust: () => SecureContext;
  proxy: ProxyEnvironment;
  /** Milliseconds for everything until the connection can be used. */
  connectMs: number;
  resolve: ResolveHost;
  dial: Dial;
}

export interface ConnectTarget {
  hostname: string;
  protocol: string;
  port: string;
}

type Connected = (...args: [null, Socket | TLSSocket] | [Error, null]) => void;

export const systemResolve: ResolveHost = (hostname) =>
  new Promise((resolve, reject) => {
    dnsLookup(hostname, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });

export const systemDial: Dial = (options) => netConnect(options);

/**
 * Opens connections for undici: name lookup, check of every address against the classes that are allowed (before anything is
 * dialled), proxy tunnel (RFC 9110 §9.3.6), TLS. `reached` hears at which address a host answered.
 */
export function createConnector(
  parts: ConnectorParts,
  allowed: ReadonlySet<AddressClass> | 'any',
  reached: (origin: string, address: AddressClass) => void,
): (target: ConnectTarget, callback: Connected) => void {
  return (target, callback) => {
    const timeout = AbortSignal.timeout(parts.connectMs);
    connect(target, timeout).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
    );
  };

  async function connect(target: ConnectTarget, timeout: AbortSignal): Promise<Socket> {
    const url = new URL(`${target.protocol}//${bracketed(target.hostname)}${target.port ? `:${target.port}` : ''}`);
    const proxy = proxyFor(url, parts.proxy);
    const port = portOf(url);
    let socket: Socket;
    if (proxy === undefined) {
      socket = await open(target.hostname, port, allowed, timeout);
      reached(url.origin, classOfAddress(socket.remoteAddress ?? ''));
    } else {
      // The proxy looks names up, so only addresses written out can be judged here.
      const kind = isIP(target.hostname) === 0 ? 'public' : classOfAddress(target.hostname);
      check(target.hostname, [kind], allowed);
      socket = await tunnel(proxy, `${bracketed(target.hostname)}:${port}`, timeout);
      reached(url.origin, kind);
    }
    return target.protocol === 'https:' ? secure(socket, target.hostname, timeout) : socket;
  }

  async function open(
    hostname: string,
    port: number,
    classes: ReadonlySet<AddressClass> | 'any',
    timeout: AbortSignal,
  ): Promise<Socket> {
    const family = isIP(hostname);
    const addresses = family === 0 ? await parts.resolve(hostname) : [{ address: hostname, family }];
    check(
      hostname,
      addresses.map(({ address }) => classOfAddress(address)),
      classes,
    );
    const socket = parts.dial({ host: hostname, port, lookup: answering(addresses), keepAlive: true, noDelay: true });
    return settled(socket, 'connect', timeout);
  }

  async function secure(raw: Socket, hostname: string, timeout: AbortSignal): Promise<TLSSocket> {
    const socket = tlsConnect({
      socket: raw,
      host: hostname,
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      secureContext: parts.trust(),
      ALPNProtocols: ['http/1.1'],
    });
    return settled(socket, 'secureConnect', timeout);
  }

  async function tunnel(proxy: URL, authority: string, timeout: AbortSignal): Promise<Socket> {
    const hostname = proxy.hostname.replace(/^\[|\]$/g, '');
    const raw = await open(hostname, portOf(proxy), 'any', timeout);
    const socket = proxy.protocol === 'https:' ? await secure(raw, hostname, timeout) : raw;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        socket.destroy();
        reject(error);
      };
      const headers: Record<string, string> = { host: authority };
      if (proxy.username !== '') {
        const userInfo = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
        headers['proxy-authorization'] = `Basic ${Buffer.from(userInfo).toString('base64')}`;
      }
      request({ method: 'CONNECT', path: authority, headers, createConnection: () => socket, signal: timeout })
        .on('connect', (response, _socket, head: Buffer) => {
          if (response.statusCode !== 200) {
            refuse(proxyRefused(proxy, authority, response.statusCode ?? 0));
            return;
          }
          if (head.length > 0) socket.unshift(head);
          resolve(socket);
        })
        .on('response', (response) => refuse(proxyRefused(proxy, authority, response.statusCode ?? 0)))
        .on('error', refuse)
        .end();
    });
  }
}

const bracketed = (hostname: string): string => (hostname.includes(':') ? `[${hostname}]` : hostname);

const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80));

/** One address that is not allowed condemns the name: which one is dialled is not for its owner to play with. */
function check(hostname: string, classes: AddressClass[], allowed: ReadonlySet<AddressClass> | 'any'): void {
  if (allowed === 'any') return;
  const offending = classes.find((kind) => !allowed.has(kind));
  if (offending === undefined) return;
  throw new CondockError('insecure', `${hostname} is at a ${offending} address, where the registry itself is not.`, {
    hint: 'A registry may not send its clients into a network that it is not part of. Nothing was sent there.',
    data: { target: hostname },
  });
}

function answering(addresses: LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (first === undefined) callback(new Error('the name has no address'), '');
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  };
}

function settled<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', timeout: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void): void => {
      socket.off('error', onError).off(event, onReady).off('close', onClose);
      timeout.removeEventListener('abort', onTimeout);
      act();
    };
    const fail = (error: Error): void =>
      done(() => {
        socket.on('error', () => undefined).destroy();
        reject(error);
      });
    const onReady = (): void => done(() => resolve(socket));
    const onError = (error: Error): void => fail(error);
    const onClose = (): void => fail(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    const onTimeout = (): void => fail(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
    socket.once(event, onReady).once('error', onError).once('close', onClose);
    timeout.addEventListener('abort', onTimeout, { once: true });
  });
}

function proxyRefused(proxy: URL, authority: string, status: number): CondockError {
  return new CondockError('unreachable', `The proxy ${proxy.host} refused a connection to ${authority} (${status}).`, {
    hint:
      status === 407
        ? 'The proxy asks for a login: put it in HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT.'
        : 'Add the registry to NO_PROXY if it can be reached directly.',
    data: { host: authority, status },
  });
}
