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
  /** Why there is no better login; of no interest where none is wanted. */
  const explained = (): string[] => [parts.credentials.explain(host) ?? []].flat();

  let answer: Awaited<ReturnType<RegistryClient['ping']>>;
  try {
    answer = await parts.registry.ping(host, options);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof CondockError)) throw error;
    const refused = error.code === 'denied' || error.code === 'login-required';
    // One that names a token server which must not be asked is there all the same.
    const reachable = refused || error.code === 'insecure';
    if (refused) notes.unshift(...explained());
    notes.unshift(error.message, ...(error.hint === undefined ? [] : [error.hint]));
    if (refused) capabilities.login = 'no';
    return { ...result, reachable, auth: 'unknown', capabilities, notes };
  }
  const auth = authScheme(answer.status, answer.challenges);
  if (answer.webPage || (auth === 'unknown' && answer.status === 404)) {
    const page = answer.webPage ? ', a web page' : '';
    notes.unshift(
      `${host} answers, but not as a registry does (HTTP ${answer.status}${page}).`,
      'Write the host of the registry itself, with its port if it has one.',
    );
    return { ...result, reachable: false, auth: 'unknown', capabilities, notes };
  }
  const ok = answer.status >= 200 && answer.status < 300;
  // A login for a part of a registry is not shown to the registry as a whole.
  const whole = credential?.namespace === undefined ? credential : undefined;
  if (whole !== undefined && auth !== 'none') capabilities.login = ok ? 'yes' : 'no';
  if (auth !== 'none' && (credential === undefined || capabilities.login === 'no')) notes.unshift(...explained());
  if (repository !== undefined && (ok || auth !== 'unknown')) {
    const found = await probeRegistry(parts, { host, name: repository }, options);
    Object.assign(capabilities, found.facts);
    if (credential !== whole && found.facts.push === 'yes') capabilities.login = 'yes';
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
