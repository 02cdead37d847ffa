import { CondockError, type ErrorCode, isCancellation } from '@condock/protocol';
import { connectionFailure } from './transport/retry.ts';

/** What was being done, for the sentence: `read the manifest oci://…`. */
export interface Failing {
  host: string;
  /** An infinitive: `read the tags of ghcr.io/a/b`. */
  doing: string;
  credentialSource?: string | undefined;
  /** Why there is no better credential (`CredentialSource.explain`). */
  explained?: string | undefined;
}

/** What a registry answered instead. */
export interface FailedAnswer {
  status: number;
  /** Bounded; may be HTML of a proxy. */
  text: string;
  retryAfterMs?: number | undefined;
  /** The answer came from where a redirect led. */
  redirectedTo?: string | undefined;
  /** A 401 that means: the login is good, but may not do this (RFC 6750 §3.1). */
  lacksScope?: boolean | undefined;
  /** What was sent with the request: a registry that repeats it must not bring it into an error. */
  secrets?: readonly string[] | undefined;
}

export interface RegistryMessage {
  code: string;
  message: string;
}

/**
 * The `errors` of distribution-spec v1.1 ("Error Codes"), each shortened and without the secrets; nothing for bodies of any other
 * shape.
 */
export function registryMessages(text: string, secrets: readonly string[] = []): RegistryMessage[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return [];
  }
  const errors =
    typeof document === 'object' && document !== null && 'errors' in document ? document.errors : undefined;
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, 3).flatMap((error: unknown) => {
    if (typeof error !== 'object' || error === null) return [];
    const { code, message } = error as Record<string, unknown>;
    const short = (value: unknown): string =>
      typeof value === 'string' ? conceal(value, secrets).replace(/\s+/g, ' ').slice(0, 200) : '';
    return [{ code: short(code).toUpperCase(), message: short(message) }];
  });
}

const conceal = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text);

/** The error for an answer that was not what it should be, mapped by status first (proxies answer anything). */
export function failureOf(failing: Failing, answer: FailedAnswer): CondockError {
  const { host, doing, credentialSource } = failing;
  const { status } = answer;
  const messages = registryMessages(answer.text, answer.secrets);
  const said = messages.map(({ code, message }) => (message === '' ? code : message)).filter((t) => t !== '');
  const { code, hint } = meaning(failing, answer, messages);
  const who = answer.redirectedTo === undefined ? host : `${answer.redirectedTo} (where ${host} redirects)`;
  const quoted = said.length === 0 ? '' : `: ${said.join('; ')}`;
  return new CondockError(code, `Could not ${doing}: ${who} answered ${status}${quoted}.`.replace(/\.\.$/, '.'), {
    hint,
    data: {
      host,
      status,
      credentialSource: credentialSource ?? 'anonymous',
      registryCode: messages[0]?.code,
      ...(answer.retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(answer.retryAfterMs / 1000) }),
    },
  });
}

function meaning(
  { host, credentialSource, explained }: Failing,
  { status, retryAfterMs, lacksScope }: FailedAnswer,
  messages: RegistryMessage[],
): { code: ErrorCode; hint: string } {
  const says = (code: string): boolean => messages.some((m) => m.code === code);
  const signIn = `Sign in with "condock login ${host}".`;
  const login = explained === undefined ? signIn : `${explained} ${signIn}`;
  const denied = status === 403 || (lacksScope === true && credentialSource !== undefined);
  if (status === 401 && !denied) {
    return credentialSource === undefined
      ? { code: 'login-required', hint: login }
      : { code: 'login-required', hint: `The credential from ${credentialSource} was refused. ${login}` };
  }
  if (denied) {
    return {
      code: 'denied',
      hint:
        credentialSource === undefined
          ? `It may be private. ${login}`
          : `The credential from ${credentialSource} may not do this: ask for the right, or sign in as somebody else.`,
    };
  }
  if (status === 405 || status === 501 || says('UNSUPPORTED')) {
    return { code: 'unsupported-by-registry', hint: 'This registry has no such operation; its own website may.' };
  }
  if (status === 404) {
    return { code: 'absent', hint: 'Some registries want a repository to be created before anything is pushed to it.' };
  }
  if (status === 408 || status === 504) return { code: 'timeout', hint: 'Try again; the registry is slow.' };
  if (status === 409) return { code: 'conflict', hint: 'Somebody else may be changing the same thing. Try again.' };
  if (status === 413) {
    return {
      code: 'too-large',
      hint: 'The registry, or a proxy before it, limits the size of one upload. Raise that limit.',
    };
  }
  if (status === 429) {
    const wait = retryAfterMs === undefined ? 'later' : `in ${Math.ceil(retryAfterMs / 1000)} s`;
    return { code: 'rate-limited', hint: `Try again ${wait}; signing in often raises the limit.` };
  }
  if (status === 400 && says('DIGEST_INVALID')) {
    return { code: 'digest-mismatch', hint: 'The content changed on its way or while it was read. Try again.' };
  }
  return status >= 500
    ? { code: 'registry-error', hint: 'The registry has a problem. Try again later.' }
    : { code: 'registry-error', hint: 'Check that this is an OCI registry and that the reference is right.' };
}

/** The error for an exchange that did not come to an answer. What is a `CondockError` already stays one. */
export function connectionError(failing: Failing, error: unknown, signal?: AbortSignal): Error {
  if (error instanceof CondockError) return error;
  if (signal?.aborted === true || isCancellation(error)) {
    const reason: unknown = signal?.reason;
    if (reason instanceof CondockError) return reason;
    return new CondockError('cancelled', `Stopped: ${failing.doing}.`, { cause: error });
  }
  const { host, doing, credentialSource } = failing;
  const why = explain(connectionFailure(error) ?? '', host);
  return new CondockError(why.code, `Could not ${doing}: ${why.sentence}.`, {
    hint: why.hint,
    data: { host, credentialSource, reason: connectionFailure(error) },
    cause: error,
  });
}

function explain(code: string, host: string): { code: ErrorCode; sentence: string; hint: string } {
  const online = 'Check the network connection and the proxy settings.';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return { code: 'unreachable', sentence: `the name ${host} can't be found`, hint: `Check its spelling. ${online}` };
  }
  if (code === 'ECONNREFUSED') {
    return {
      code: 'unreachable',
      sentence: `nothing listens at ${host}`,
      hint: 'Check that the registry runs, and its port.',
    };
  }
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return { code: 'timeout', sentence: `${host} can't be reached in time`, hint: online };
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { code: 'timeout', sentence: `${host} went silent`, hint: `Try again. ${online}` };
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|ERR_TLS/.test(code)) {
    return {
      code: 'unreachable',
      sentence: `the certificate of ${host} is not trusted (${code})`,
      hint: 'If it is signed by a private authority, name its file in NODE_EXTRA_CA_CERTS.',
    };
  }
  if (code.endsWith('HEADERS_OVERFLOW') || code === 'HPE_HEADER_OVERFLOW') {
    return {
      code: 'registry-error',
      sentence: `${host} sends more headers than any answer needs (${code})`,
      hint: 'Tell whoever runs the registry.',
    };
  }
  if (code.startsWith('HPE_')) {
    return {
      code: 'unreachable',
      sentence: `${host} does not speak HTTP (${code})`,
      hint: 'Check the port: something else than a registry may listen there.',
    };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return {
      code: 'unreachable',
      sentence: `${host} does not speak TLS`,
      hint: 'Mark the host as insecure if it is plain http on purpose.',
    };
  }
  return {
    code: 'unreachable',
    sentence: `the connection to ${host} broke${code === '' ? '' : ` (${code})`}`,
    hint: `Try again. ${online}`,
  };
}
