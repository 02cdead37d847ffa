import { CondockError, isCancellation, type ResultOf } from '@condock/protocol';
import { type Credentials, readHostKey } from '../../credentials/index.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import { authScheme } from './auth-scheme.ts';
import { CAPABILITIES, type Capability, knownRegistry } from './known-registries.ts';
import { type ProbeParts, probeRegistry } from './probe-registry.ts';
import { describeFindings } from './describe-findings.ts';

export interface TestRegistryParts extends ProbeParts {
  credentials: Pick<Credentials, 'find' | 'explain'>;
  registry: Pick<RegistryClient, 'ping' | 'probe' | 'listTags' | 'getManifest'>;
}

/** Repository path below a host; by the OCI expression, loosely: the client itself refuses what is not one. */
const REPOSITORY = /^[a-z0-9]+([._/-]+[a-z0-9]+)*$/;

/**
 * What a registry is and can do. What is found out by asking goes before what is known of such registries; the rest is
 * `unknown`. Without a repository nothing but `/v2/` is asked.
 */
export async function testRegistry(
  parts: TestRegistryParts,
  asked: { host: string; repository?: string | undefined },
  options: RequestOptions,
): Promise<ResultOf<'session/test'>> {
  const { host, repository } = readTarget(asked);
  const credential = await parts.credentials.find({
    host,
    ...(repository === undefined ? {} : { repository }),
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const known = knownRegistry(host);
  const result = { host, username: credential?.username ?? null, source: credential?.source ?? 'anonymous' };
  const capabilities: Record<string, Capability> = Object.fromEntries(
    CAPABILITIES.map((name) => [name, known?.facts[name] ?? 'unknown']),
  );
  const notes = [...(known === undefined ? [] : [`${host} is ${known.name}.`, ...known.notes])];
  const explained = parts.credentials.explain(host);
  if (explained !== undefined) notes.unshift(explained);

  let answer: Awaited<ReturnType<RegistryClient['ping']>>;
  try {
    answer = await parts.registry.ping(host, options);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof CondockError)) throw error;
    const reachable = error.code === 'denied' || error.code === 'login-required';
    notes.unshift(error.message, ...(error.hint === undefined ? [] : [error.hint]));
    if (reachable) capabilities.login = 'no';
    return { ...result, reachable, auth: 'unknown', capabilities, notes };
  }
  const auth = authScheme(answer.status, answer.challenges);
  const ok = answer.status >= 200 && answer.status < 300;
  if (credential !== undefined && auth !== 'none') capabilities.login = ok ? 'yes' : 'no';
  if (repository !== undefined && (ok || auth !== 'unknown')) {
    const found = await probeRegistry(parts, { host, name: repository }, options);
    Object.assign(capabilities, found.facts);
    notes.unshift(...found.notes);
  }
  notes.unshift(...describeFindings({ host, auth, status: answer.status, credential, capabilities, repository }));
  return { ...result, reachable: true, auth, capabilities, notes };
}

function readTarget(asked: { host: string; repository?: string | undefined }): { host: string; repository?: string } {
  const key = readHostKey(asked.host);
  const repository = asked.repository ?? key.namespace;
  if (repository === undefined) return { host: key.host };
  if (!REPOSITORY.test(repository)) {
    throw new CondockError('illegal-reference', `"${repository.slice(0, 200)}" is not the name of a repository.`);
  }
  return { host: key.host, repository };
}
