import type { SessionDocument } from '@condock/protocol';
import { belongsTo, type CredentialEntry, normalizeHost } from '../../credentials/index.ts';
import type { RegistrySession } from '../../oci/registry-client.ts';

/**
 * Conversations that are going on, then credentials that nobody has used yet. A conversation held with another client's secret is
 * that client's own affair and is left out.
 */
export function mergeSessions(
  held: readonly RegistrySession[],
  entries: readonly CredentialEntry[],
  connection: string,
): SessionDocument[] {
  const visible = held.filter((one) => one.identity === undefined || belongsTo(one.identity, connection));
  const documents = visible.map((session) => {
    const entry = entries.find((one) => isOf(one, session));
    return {
      host: session.host,
      namespace: entry?.namespace ?? null,
      username: session.username ?? entry?.username ?? null,
      source: session.source,
      kind: session.kind,
      scopes: session.scopes.map(({ scope, expiresAt }) => ({
        scope,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
      })),
      lastError: session.lastError ?? null,
    };
  });
  const unused = entries
    .filter((entry) => !visible.some((session) => isOf(entry, session)))
    .map((entry) => describeEntry(entry));
  return [...documents, ...unused];
}

/** A credential that has not been used: no scopes yet. */
export function describeEntry({ host, namespace, username, source, kind, note }: CredentialEntry): SessionDocument {
  return { host, namespace, username, source, kind, scopes: [], lastError: note ?? null };
}

function isOf(entry: CredentialEntry, session: RegistrySession): boolean {
  return (
    normalizeHost(entry.host) === normalizeHost(session.host) &&
    entry.source === session.source &&
    (entry.username === null || session.username === undefined || entry.username === session.username)
  );
}
