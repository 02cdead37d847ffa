import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, findProgramOrSay } from '../../support/find-program.ts';
import { runProgram } from '../../support/run-program.ts';

export interface DockerRegistryOptions {
  /** User name and password: then nobody gets in without. Needs `htpasswd`. */
  htpasswd?: { username: string; password: string };
  /** `htpasswd`: with the user `user` and the password `pass:word`. Else tokens of that server are asked for. */
  auth?: 'htpasswd' | TokenAuth;
  /** PEM files: TLS. */
  tls?: { certificate: string; key: string };
  /** Where it listens; default: a free port of 127.0.0.1. On 443, references name the address alone. */
  address?: string;
  port?: number;
  /** More of `http:` and below, as YAML without indentation, for example a `middleware:` of its own. */
  config?: string;
}

export interface TokenAuth {
  realm: string;
  service: string;
  issuer: string;
  /** PEM file of the certificates whose keys sign the tokens. */
  rootCertificates: string;
}

export interface DockerRegistry extends AsyncDisposable {
  /** As it stands in references: `127.0.0.1:1234`. */
  readonly host: string;
  readonly url: string;
  /** Who gets in, where not everybody does. */
  readonly username: string;
  readonly password: string;
  /** Where its blobs are, for tests that spoil them. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** Says what is skipped, and undefined, where a program is missing that suites with Debian's docker-registry need. */
export function dockerRegistryOrSay(suite: string): { skopeo: string } | undefined {
  const registry = findProgramOrSay('docker-registry', suite);
  const htpasswd = findProgramOrSay('htpasswd', suite);
  const skopeo = findProgramOrSay('skopeo', suite);
  return registry === undefined || htpasswd === undefined || skopeo === undefined ? undefined : { skopeo };
}

/** Why docker-registry can't run here; undefined: it can. */
export function dockerRegistryMissing(auth?: 'htpasswd'): string | undefined {
  const needed = ['docker-registry', ...(auth === undefined ? [] : ['htpasswd'])];
  const missing = needed.find((program) => findProgram(program) === undefined);
  return missing && `${missing} is not installed (apt-get install docker-registry apache2-utils)`;
}

const DEFAULT_USER = { username: 'user', password: 'pass:word' };

/** Debian's docker-registry (distribution 2.8) on a loopback port, in a directory of its own that goes with it. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const home = await mkdtemp(join(tmpdir(), 'condock-registry-'));
  const directory = join(home, 'data');
  const host = `${options.address ?? '127.0.0.1'}:${String(options.port ?? (await freePort()))}`;
  await writeFile(join(home, 'config.yml'), await configuration(home, directory, host, options));
  const child = spawn('docker-registry', ['serve', join(home, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, HOME: home, OTEL_TRACES_EXPORTER: 'none' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(home, { recursive: true, force: true });
  };
  const exited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  while (!(await accepts(host))) {
    if (!exited()) continue;
    await rm(home, { recursive: true, force: true });
    throw new Error(`docker-registry ended at once: ${said}`);
  }
  const url = `${options.tls === undefined ? 'http' : 'https'}://${host}`;
  const user = options.htpasswd ?? DEFAULT_USER;
  return { host, url, ...user, directory, stop, [Symbol.asyncDispose]: stop };
}

async function configuration(
  home: string,
  directory: string,
  host: string,
  options: DockerRegistryOptions,
): Promise<string> {
  const { auth, tls, config } = options;
  const htpasswd = options.htpasswd ?? (auth === 'htpasswd' ? DEFAULT_USER : undefined);
  const certificates = tls === undefined ? '' : `, tls: ${JSON.stringify(tls)}`;
  const lines = [
    'version: 0.1',
    'log: {level: error, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${JSON.stringify(directory)}}, delete: {enabled: true}}`,
    // Relative, so that what stands in front of it (a proxy that counts) stays in the path.
    `http: {addr: ${JSON.stringify(host)}, relativeurls: true, secret: of-one-test${certificates}}`,
  ];
  if (htpasswd !== undefined) {
    const { code, stdout, stderr } = await runProgram('htpasswd', ['-Bbn', htpasswd.username, htpasswd.password]);
    if (code !== 0) throw new Error(`htpasswd: ${stderr}`);
    const path = join(home, 'htpasswd');
    await writeFile(path, stdout);
    lines.push(`auth: {htpasswd: {realm: condock-test, path: ${JSON.stringify(path)}}}`);
  }
  if (typeof auth === 'object') {
    const { realm, service, issuer, rootCertificates } = auth;
    lines.push(`auth: {token: ${JSON.stringify({ realm, service, issuer, rootcertbundle: rootCertificates })}}`);
  }
  return [...lines, ...(config === undefined ? [] : [config]), ''].join('\n');
}

/** A TCP port of 127.0.0.1 at which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

function accepts(host: string): Promise<boolean> {
  const [address = '', port = ''] = host.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 20, false));
  });
}
