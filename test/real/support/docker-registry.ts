import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface DockerRegistryOptions {
  /** Undefined: everybody may do everything. */
  auth?: 'htpasswd' | TokenAuth;
  /** With `htpasswd`. Default `user` / `pass:word`. */
  username?: string;
  password?: string;
  /** PEM files: TLS. */
  tls?: { certificate: string; key: string };
  /** Blobs are answered by a redirect to this address, which serves the storage folder. */
  redirectBlobsTo?: string;
  /** Address to listen at. Default 127.0.0.1. */
  address?: string;
}

export interface TokenAuth {
  realm: string;
  service: string;
  issuer: string;
  /** PEM file of the certificates whose keys sign the tokens. */
  rootCertificates: string;
}

export interface DockerRegistry {
  /** `127.0.0.1:PORT` */
  host: string;
  username: string;
  password: string;
  /** Where it keeps its blobs. */
  storage: string;
  pid: number;
  stop(): Promise<void>;
}

/** Why docker-registry can't run here; undefined: it can. */
export function dockerRegistryMissing(auth?: 'htpasswd'): string | undefined {
  for (const program of ['docker-registry', ...(auth === undefined ? [] : ['htpasswd'])]) {
    const folders = (process.env.PATH ?? '').split(delimiter);
    if (!folders.some((folder) => existsSync(join(folder, program)))) {
      return `${program} is not installed (apt-get install docker-registry apache2-utils)`;
    }
  }
  return undefined;
}

/** Starts Debian's docker-registry on a free loopback port, in a folder of its own that goes with it. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const { address = '127.0.0.1', username = 'user', password = 'pass:word' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'condock-registry-'));
  const storage = join(folder, 'storage');
  for (let tries = 1; ; tries += 1) {
    const host = `${address}:${String(await freePort(address))}`;
    const configuration = join(folder, 'config.json');
    // JSON is YAML.
    writeFileSync(configuration, JSON.stringify(configure(options, { host, storage, folder, username, password })));
    const child = spawn('docker-registry', ['serve', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    };
    if (child.pid !== undefined && (await answers(host, ended))) {
      return { host, username, password, storage, pid: child.pid, stop };
    }
    // Somebody else may have taken the port meanwhile.
    if (tries >= 3) {
      await stop();
      throw new Error(`docker-registry did not start: ${said}`);
    }
    child.kill('SIGKILL');
    await ended;
  }
}

interface Places {
  host: string;
  storage: string;
  folder: string;
  username: string;
  password: string;
}

function configure(options: DockerRegistryOptions, places: Places): Record<string, unknown> {
  const { host, storage, folder, username, password } = places;
  return {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: true },
      cache: { blobdescriptor: 'inmemory' },
    },
    http: {
      addr: host,
      secret: 'only for this test',
      ...(options.tls === undefined ? {} : { tls: { certificate: options.tls.certificate, key: options.tls.key } }),
    },
    ...(options.redirectBlobsTo === undefined
      ? {}
      : { middleware: { storage: [{ name: 'redirect', options: { baseurl: options.redirectBlobsTo } }] } }),
    ...authOf(options, folder, username, password),
  };
}

function authOf(options: DockerRegistryOptions, folder: string, username: string, password: string) {
  if (options.auth === undefined) return {};
  if (options.auth !== 'htpasswd') {
    const { realm, service, issuer, rootCertificates } = options.auth;
    return { auth: { token: { realm, service, issuer, rootcertbundle: rootCertificates } } };
  }
  const file = join(folder, 'htpasswd');
  const made = spawnSync('htpasswd', ['-Bin', username], { input: password, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`htpasswd failed: ${made.stderr}`);
  writeFileSync(file, made.stdout);
  return { auth: { htpasswd: { realm: 'test', path: file } } };
}

async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}

async function answers(host: string, ended: Promise<void>): Promise<boolean> {
  const over = ended.then(() => 'over' as const);
  for (let waited = 0; waited < 10_000; waited += 25) {
    const [address = '', port = ''] = host.split(/:(?=\d+$)/);
    if (await accepts(address, Number(port))) return true;
    if ((await Promise.race([over, delay(25)])) === 'over') return false;
  }
  return false;
}

function accepts(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
