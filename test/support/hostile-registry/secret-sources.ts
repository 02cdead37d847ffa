import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  createCredentials,
  type Credentials,
  type CredentialsParts,
  memoryKeychain,
  scopedIdentity,
} from '../../../packages/daemon/src/credentials/index.ts';
import type { ProgramResult } from '../../../packages/daemon/src/system/run-program.ts';

/** A secret for one registry. */
export interface Login {
  host: string;
  username: string;
  secret: string;
}

/** One way to keep logins, written to a home of its own as the tool would write it. */
export interface SecretSource {
  name: string;
  kind: 'basic' | 'bearer' | 'identity-token' | 'none';
  prepare(home: SecretHome, logins: readonly Login[]): Promise<Prepared> | Prepared;
}

interface Prepared {
  env?: Record<string, string>;
  /** Answers in the place of helper programs. */
  helper?: (program: string, args: readonly string[], stdin: string) => Partial<ProgramResult>;
  /** What is done to the credentials once they are there. */
  after?: (credentials: Credentials) => Promise<unknown> | undefined;
  identity?: string;
}

/** Credentials of a source in a throw-away home. */
export interface OpenSource extends Disposable {
  credentials: Credentials;
  /** Under which requests must be made; undefined: shared. */
  identity: string | undefined;
}

export interface SecretHome {
  readonly path: string;
  /** Writes a private file below it and says its path. */
  write(name: string, content: unknown): string;
}

export async function openSource(source: SecretSource, logins: readonly Login[]): Promise<OpenSource> {
  const path = mkdtempSync(join(tmpdir(), 'cdk-secrets-'));
  const home: SecretHome = {
    path,
    write: (name, content) => {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      chmodSync(file, 0o600);
      return file;
    },
  };
  const { env = {}, helper, after, identity } = await source.prepare(home, logins);
  const run: NonNullable<CredentialsParts['run']> = ({ program, args = [], stdin = '' }) =>
    Promise.resolve({ exitCode: 1, stdout: '', stderr: 'no such item', ...helper?.(program, args, stdin.trim()) });
  const credentials = createCredentials({
    env,
    homedir: path,
    platform: 'linux',
    configDir: join(path, 'condock'),
    keychain: memoryKeychain(),
    run,
  });
  await after?.(credentials);
  return {
    credentials,
    identity,
    [Symbol.dispose]: () => {
      credentials[Symbol.dispose]();
      rmSync(path, { recursive: true, force: true });
    },
  };
}

const pair = ({ username, secret }: Login): string => Buffer.from(`${username}:${secret}`).toString('base64');
const byHost = (logins: readonly Login[], value: (login: Login) => unknown): Record<string, unknown> =>
  Object.fromEntries(logins.map((login) => [login.host, value(login)]));
const auths = (logins: readonly Login[]): unknown => ({ auths: byHost(logins, (login) => ({ auth: pair(login) })) });
const basicHttp = ({ username, secret }: Login): unknown => ({ BasicHTTP: { username, password: secret } });

const fromStore =
  (logins: readonly Login[], username?: string): NonNullable<Prepared['helper']> =>
  (_program, args, stdin) => {
    const login = logins.find(({ host }) => host === stdin);
    if (args[0] !== 'get' || login === undefined) {
      return { exitCode: 1, stdout: 'credentials not found in native keychain\n' };
    }
    const answer = { ServerURL: stdin, Username: username ?? login.username, Secret: login.secret };
    return { exitCode: 0, stdout: JSON.stringify(answer) };
  };

const file = (name: string, content: (logins: readonly Login[]) => unknown, variable?: string) =>
  ((home, logins) => {
    const path = home.write(name, content(logins));
    return variable === undefined ? {} : { env: { [variable]: path } };
  }) satisfies SecretSource['prepare'];

/** Every place that secrets come from. */
export const SECRET_SOURCES: readonly SecretSource[] = [
  {
    name: "an editor's own secret",
    kind: 'basic',
    prepare: (_home, logins) => ({
      identity: scopedIdentity('editor', 'me'),
      after: (credentials) => {
        for (const { host, username, secret } of logins) {
          credentials.offer('editor', 'me', host, { kind: 'basic', username, secret });
        }
        return undefined;
      },
    }),
  },
  {
    name: 'condock login',
    kind: 'basic',
    prepare: (_home, logins) => ({
      after: async (credentials) => {
        for (const { host, username, secret } of logins) {
          await credentials.keep(host, { kind: 'basic', username, secret }, 'file');
        }
      },
    }),
  },
  {
    name: 'condock login with a refresh token',
    kind: 'identity-token',
    prepare: (_home, logins) => ({
      after: async (credentials) => {
        for (const { host, secret } of logins) {
          await credentials.keep(host, { kind: 'identity-token', secret }, 'keychain');
        }
      },
    }),
  },
  {
    name: 'RATTLER_AUTH_FILE',
    kind: 'basic',
    prepare: file('rattler.json', (logins) => byHost(logins, basicHttp), 'RATTLER_AUTH_FILE'),
  },
  { name: 'REGISTRY_AUTH_FILE', kind: 'basic', prepare: file('auth.json', auths, 'REGISTRY_AUTH_FILE') },
  {
    name: 'DOCKER_CONFIG',
    kind: 'basic',
    prepare: (home, logins) => {
      home.write('elsewhere/config.json', auths(logins));
      return { env: { DOCKER_CONFIG: join(home.path, 'elsewhere') } };
    },
  },
  {
    name: "pixi's override file",
    kind: 'basic',
    prepare: (home, logins) => {
      const named = home.write('named.json', byHost(logins, basicHttp));
      home.write('.pixi/config.toml', `authentication-override-file = ${JSON.stringify(named)}\n`);
      return {};
    },
  },
  {
    name: "podman's auth.json by namespace",
    kind: 'basic',
    prepare: file('.config/containers/auth.json', (logins) => ({
      auths: Object.fromEntries(
        logins.flatMap((login) => [
          [`${login.host}/team`, { auth: pair(login) }],
          [login.host, { auth: pair(login) }],
        ]),
      ),
    })),
  },
  { name: "docker's config.json", kind: 'basic', prepare: file('.docker/config.json', auths) },
  {
    name: "docker's credential helper",
    kind: 'basic',
    prepare: (home, logins) => {
      home.write('.docker/config.json', { credHelpers: byHost(logins, () => 'store') });
      return { helper: fromStore(logins) };
    },
  },
  {
    name: "docker's credential store with a refresh token",
    kind: 'identity-token',
    prepare: (home, logins) => {
      home.write('.docker/config.json', { credsStore: 'store' });
      return { helper: fromStore(logins, '<token>') };
    },
  },
  {
    name: "docker's identity token",
    kind: 'identity-token',
    prepare: file('.docker/config.json', (logins) => ({
      auths: byHost(logins, ({ secret }) => ({
        auth: pair({ host: '', username: '', secret: '' }),
        identitytoken: secret,
      })),
    })),
  },
  {
    name: "docker's registry token",
    kind: 'bearer',
    prepare: file('.docker/config.json', (logins) => ({
      auths: byHost(logins, ({ secret }) => ({ registrytoken: secret })),
    })),
  },
  {
    name: "rattler's keychain entry",
    kind: 'basic',
    prepare: (home, logins) => {
      home.write('.rattler/.keep', '');
      return {
        env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
        helper: (program, args) => {
          const login = logins.find(({ host }) => args.includes(host));
          if (program !== 'secret-tool' || login === undefined) return { exitCode: 1, stdout: '', stderr: '' };
          return { exitCode: 0, stdout: JSON.stringify(basicHttp(login)), stderr: '' };
        },
      };
    },
  },
  {
    name: "rattler's credentials.json",
    kind: 'basic',
    prepare: file('.rattler/credentials.json', (logins) => byHost(logins, basicHttp)),
  },
  {
    name: "rattler's bearer token",
    kind: 'bearer',
    prepare: file('.rattler/credentials.json', (logins) => byHost(logins, ({ secret }) => ({ BearerToken: secret }))),
  },
  {
    name: 'netrc',
    kind: 'basic',
    prepare: file('.netrc', (logins) =>
      logins.map(({ host, username, secret }) => `machine ${host} login ${username} password ${secret}\n`).join(''),
    ),
  },
  { name: 'nobody', kind: 'none', prepare: () => ({}) },
];
