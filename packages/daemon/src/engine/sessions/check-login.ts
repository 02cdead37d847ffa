import { CondockError, type ErrorCode } from '@condock/protocol';
import { belongsTo, type Credentials, scopedIdentity, type Secret } from '../../credentials/index.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';

export interface CheckLoginParts {
  credentials: Pick<Credentials, 'offer' | 'find' | 'connectionClosed'>;
  registry: Pick<RegistryClient, 'ping' | 'forgetIdentities'>;
  random: () => string;
}

export interface CheckedLogin {
  secret: string;
  note?: string;
}

/**
 * Shows a credential to its registry before it is kept: as an identity that no other request can name. Rejects with `denied` if the
 * registry refuses it, `registry-error` if what answers is no registry, and as `ping` does. A registry that lets everyone in takes
 * every credential: then `note` is a sentence that says so. `secret` is what to keep: a registry may have exchanged a refresh token
 * when it was shown.
 */
export async function checkLogin(
  { credentials, registry, random }: CheckLoginParts,
  host: string,
  secret: Secret,
  signal: AbortSignal,
): Promise<CheckedLogin> {
  const connection = `login ${random()}`;
  const identity = scopedIdentity(connection, 'login');
  credentials.offer(connection, 'login', host, secret);
  try {
    const { status, challenges, webPage } = await registry.ping(host, { identity, signal });
    if (status >= 200 && status < 300 && !webPage) {
      const now = await credentials.find({ host, identity, signal });
      const checked = { secret: (now ?? secret).secret };
      if (challenges.length > 0) return checked;
      return { ...checked, note: `${host} lets everyone in and did not look at the ${nameOf(secret)}.` };
    }
    throw status === 401 || status === 403 ? refused(host, secret, status) : noRegistry(host, status);
  } catch (error) {
    const refusals: readonly ErrorCode[] = ['denied', 'login-required'];
    if (!(error instanceof CondockError) || !refusals.includes(error.code)) throw error;
    throw refused(host, secret, typeof error.data?.status === 'number' ? error.data.status : undefined);
  } finally {
    credentials.connectionClosed(connection);
    registry.forgetIdentities?.((identity) => belongsTo(identity, connection));
  }
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /^ghcr\.io$/,
    'ghcr.io takes classic personal access tokens with read:packages or write:packages, not fine-grained ones.',
  ],
  [/\.amazonaws\.com/, 'Passwords of ECR hold for twelve hours: aws ecr get-login-password.'],
  [/(^|\.)docker\.io$/, 'Docker Hub wants an access token where two-factor login is on.'],
];

const nameOf = ({ kind }: Secret): string =>
  ({ basic: 'password', bearer: 'token', 'identity-token': 'refresh token' })[kind];

function refused(host: string, secret: Secret, status: number | undefined): CondockError {
  const whose = secret.username === undefined ? '' : ` of ${secret.username}`;
  const answered = status === undefined ? '' : ` (HTTP ${status})`;
  return new CondockError('denied', `${host} refused the ${nameOf(secret)}${whose}${answered}. Nothing was kept.`, {
    hint:
      HINTS.find(([pattern]) => pattern.test(host))?.[1] ??
      'Check the name and the secret, and that it has not expired.',
    data: { host, status, credentialSource: 'this login' },
  });
}

function noRegistry(host: string, status: number): CondockError {
  return new CondockError(
    'registry-error',
    `${host} does not answer as a registry does (HTTP ${status}). Nothing was kept.`,
    {
      hint: 'Write the host of the registry itself, with its port if it has one.',
      data: { host, status },
    },
  );
}
