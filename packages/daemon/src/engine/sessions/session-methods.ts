import { randomBytes, randomUUID } from 'node:crypto';
import { type Credentials, formatHostKey, readHostKey } from '../../credentials/index.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import type { EngineMethods } from '../engine-methods.ts';
import { checkLogin } from './check-login.ts';
import { describeEntry, mergeSessions } from './list-sessions.ts';
import { readGivenSecret } from './login-secret.ts';
import { testRegistry, type TestRegistryParts } from './test-registry.ts';

export interface SessionParts {
  credentials: Credentials;
  registry: RegistryClient;
  random?: () => string;
  randomDigest?: TestRegistryParts['randomDigest'];
}

export type SessionMethods = Pick<EngineMethods, `session/${string}` & keyof EngineMethods>;

/**
 * Logins and what registries make of them. `identity` in parameters has been scoped to its connection before it comes here
 * (`withScopedIdentity`), but for `session/offer`, which does so itself.
 */
export function sessionMethods(
  parts: SessionParts & { /** Credentials are other than they were. */ changed: () => void },
): SessionMethods {
  const { credentials, registry } = parts;
  /** The next request asks for credentials anew. Undefined: of whatever registry. */
  const changed = (host?: string): void => {
    registry.forget?.(host);
    parts.changed();
  };
  const random = parts.random ?? randomUUID;
  const randomDigest = parts.randomDigest ?? (() => `sha256:${randomBytes(32).toString('hex')}` as const);
  return {
    'session/list': async (_params, { signal, connection }) => {
      const { entries, warnings } = await credentials.list(signal);
      return { sessions: mergeSessions(registry.sessions?.() ?? [], entries, connection), warnings };
    },
    'session/login': async ({ host, keep, ...given }, { signal }) => {
      const secret = readGivenSecret(given);
      // A login for a part of a registry is shown to the registry as a whole: there is nothing else to show it to.
      const key = readHostKey(host);
      const checked = await checkLogin({ credentials, registry, random }, key.host, secret, signal);
      const entry = await credentials.keep(host, { ...secret, secret: checked.secret }, keep ?? 'keychain');
      // What the check was answered goes too: nobody will ask in its name again.
      changed(key.host);
      return { ...describeEntry(entry), note: checked.note ?? null };
    },
    'session/logout': async ({ host }, { signal }) => {
      const removed = await credentials.logout(host);
      const key = readHostKey(host);
      changed(key.host);
      const left = await credentials.find({
        host: key.host,
        signal,
        ...(key.namespace === undefined ? {} : { repository: key.namespace }),
      });
      return { removed, remaining: left?.source ?? null };
    },
    'session/offer': ({ identity, host, ...given }, { connection }) => {
      credentials.offer(connection, identity, host, readGivenSecret(given));
      changed(readHostKey(host).host);
      return Promise.resolve({});
    },
    'session/import': async ({ from, host, keep }, { signal }) => {
      const { found, warnings } = await credentials.importFrom(from, {
        signal,
        ...(host === undefined ? {} : { host }),
        ...(keep === undefined || keep === false ? {} : { keep: keep === true ? ('keychain' as const) : keep }),
      });
      if (found.some((one) => one.kept)) changed();
      return {
        warnings,
        found: found.map(({ host: name, namespace, username, source, kept, note }) => ({
          host: formatHostKey({ host: name, ...(namespace === null ? {} : { namespace }) }),
          username,
          source,
          kept,
          note: note ?? null,
        })),
      };
    },
    'session/test': async ({ host, repository, identity }, { signal }) =>
      testRegistry(
        { credentials, registry, randomDigest },
        { host, repository },
        { signal, ...(identity === undefined ? {} : { identity }) },
      ),
  };
}
