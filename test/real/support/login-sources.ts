import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CondockHome } from './condock.ts';

/** Who may enter a registry, by all that its owner may hold. */
export interface Account {
  host: string;
  username: string;
  password: string;
  /** Refresh token, where the registry has a token server. */
  refreshToken?: string;
  /** Makes a ready bearer token for a repository. */
  bearerToken?: (repository: string) => Promise<string>;
}

/** One way in which people keep logins, written as its tool writes it. */
export interface LoginSource {
  name: string;
  /** What a list of sessions says of it. */
  shownAs: RegExp;
  kind: 'basic' | 'identity-token' | 'bearer';
  /** Environment that the programs need; files go below the home. */
  prepare(home: CondockHome, account: Account, repository: string): Promise<Record<string, string>>;
}

/** Writes a file below a home, private unless `mode` says otherwise, and says its path. */
function write(home: CondockHome, name: string, content: unknown, mode = 0o600): string {
  const path = join(home.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(path, mode);
  return path;
}

const pair = ({ username, password }: Account): string => Buffer.from(`${username}:${password}`).toString('base64');
const auths = (account: Account): unknown => ({ auths: { [account.host]: { auth: pair(account) } } });
const rattler = ({ host, username, password }: Account): unknown => ({ [host]: { BasicHTTP: { username, password } } });

/** A program that answers as docker's helpers do, to `get` for one host. */
function installHelper(home: CondockHome, suffix: string, host: string, username: string, secret: string): string {
  const answer = JSON.stringify({ ServerURL: host, Username: username, Secret: secret });
  const listed = JSON.stringify({ [host]: username });
  const script = [
    '#!/bin/sh',
    'read server',
    `if [ "$1" = list ]; then echo '${listed}'; exit 0; fi`,
    `if [ "$1" = get ] && [ "$server" = '${host}' ]; then echo '${answer}'; exit 0; fi`,
    "echo 'credentials not found in native keychain'; exit 1",
  ];
  const program = write(home, `bin/docker-credential-${suffix}`, `${script.join('\n')}\n`, 0o755);
  return `${dirname(program)}:${process.env.PATH ?? ''}`;
}

/** Written once, needs no environment. */
const file =
  (name: string, content: (account: Account) => unknown): LoginSource['prepare'] =>
  (home, account) => {
    write(home, name, content(account));
    return Promise.resolve({});
  };

const PASSWORDS: readonly LoginSource[] = [
  {
    name: "docker's config.json",
    shownAs: /^docker config \(.*\.docker\/config\.json\)$/,
    kind: 'basic',
    prepare: file('.docker/config.json', auths),
  },
  {
    name: 'DOCKER_CONFIG',
    shownAs: /DOCKER_CONFIG/,
    kind: 'basic',
    prepare: (home, account) => {
      const path = write(home, 'elsewhere/config.json', auths(account));
      return Promise.resolve({ DOCKER_CONFIG: dirname(path) });
    },
  },
  {
    name: "docker's credHelpers",
    shownAs: /^docker-credential-one, named by/,
    kind: 'basic',
    prepare: (home, account) => {
      const { host, username, password } = account;
      // The general store would answer with what is wrong.
      write(home, '.docker/config.json', { credHelpers: { [host]: 'one' }, credsStore: 'two' });
      installHelper(home, 'two', host, username, 'wrong');
      return Promise.resolve({ PATH: installHelper(home, 'one', host, username, password) });
    },
  },
  {
    name: "docker's credsStore",
    shownAs: /^docker-credential-two, named by/,
    kind: 'basic',
    prepare: (home, account) => {
      const { host, username, password } = account;
      write(home, '.docker/config.json', { auths: { [host]: {} }, credsStore: 'two' });
      return Promise.resolve({ PATH: installHelper(home, 'two', host, username, password) });
    },
  },
  {
    name: "podman's auth.json by namespace",
    shownAs: /^podman auth/,
    kind: 'basic',
    prepare: file('.config/containers/auth.json', (account) => ({
      auths: {
        // Only the most specific one is right.
        [account.host]: { auth: pair({ ...account, password: 'wrong' }) },
        [`${account.host}/team`]: { auth: pair({ ...account, password: 'wrong too' }) },
        [`${account.host}/team/noarch`]: { auth: pair(account) },
      },
    })),
  },
  {
    name: 'REGISTRY_AUTH_FILE',
    shownAs: /REGISTRY_AUTH_FILE/,
    kind: 'basic',
    prepare: (home, account) => Promise.resolve({ REGISTRY_AUTH_FILE: write(home, 'auth.json', auths(account)) }),
  },
  {
    name: 'RATTLER_AUTH_FILE',
    shownAs: /RATTLER_AUTH_FILE/,
    kind: 'basic',
    prepare: (home, account) => Promise.resolve({ RATTLER_AUTH_FILE: write(home, 'rattler.json', rattler(account)) }),
  },
  {
    name: "pixi's override file",
    shownAs: /authentication-override-file/,
    kind: 'basic',
    prepare: (home, account) => {
      const named = write(home, 'named.json', rattler(account));
      write(home, '.pixi/config.toml', `authentication-override-file = ${JSON.stringify(named)}\n`);
      return Promise.resolve({});
    },
  },
  {
    name: "rattler's credentials.json",
    shownAs: /^rattler credentials/,
    kind: 'basic',
    prepare: file('.rattler/credentials.json', rattler),
  },
  {
    name: 'netrc',
    shownAs: /^netrc \(/,
    kind: 'basic',
    prepare: file('.netrc', ({ username, password }) => `machine 127.0.0.1 login ${username} password ${password}\n`),
  },
  {
    name: 'condock login --keep file',
    shownAs: /^file \(/,
    kind: 'basic',
    prepare: async (home, { host, username, password }) => {
      await home.succeed(['login', host, '-u', username, '--keep', 'file'], { stdin: `${password}\n` });
      return {};
    },
  },
];

const TOKENS: readonly LoginSource[] = [
  {
    name: "docker's identity token",
    shownAs: /^docker config/,
    kind: 'identity-token',
    prepare: file('.docker/config.json', ({ host, refreshToken }) => ({
      auths: { [host]: { identitytoken: refreshToken } },
    })),
  },
  {
    name: 'a helper that holds a refresh token',
    shownAs: /^docker-credential-one/,
    kind: 'identity-token',
    prepare: (home, { host, refreshToken = '' }) => {
      write(home, '.docker/config.json', { credHelpers: { [host]: 'one' } });
      return Promise.resolve({ PATH: installHelper(home, 'one', host, '<token>', refreshToken) });
    },
  },
  {
    name: "docker's registry token",
    shownAs: /^docker config/,
    kind: 'bearer',
    prepare: async (home, { host, bearerToken }, repository) => {
      write(home, '.docker/config.json', { auths: { [host]: { registrytoken: await bearerToken?.(repository) } } });
      return {};
    },
  },
  {
    name: 'condock login --identity-token',
    shownAs: /^file \(/,
    kind: 'identity-token',
    prepare: async (home, { host, refreshToken = '' }) => {
      await home.succeed(['login', host, '--identity-token', '--keep', 'file'], { stdin: `${refreshToken}\n` });
      return {};
    },
  },
];

/** What people can use with such a registry. */
export const loginSources = (auth: 'htpasswd' | 'token'): readonly LoginSource[] =>
  auth === 'token' ? [...PASSWORDS, ...TOKENS] : PASSWORDS;
