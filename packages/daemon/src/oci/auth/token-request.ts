import { CondockError } from '@condock/protocol';
import type { HttpRequest, HttpResponse } from '../transport/dispatch.ts';
import { discard, readBounded, readShort } from '../transport/body.ts';
import { requestedPause } from '../transport/retry.ts';
import type { Credential } from './credential-source.ts';
import type { AcceptedRealm } from './realm-rules.ts';
import { formatScope, type Scope } from './scopes.ts';

export interface TokenQuestion {
  host: string;
  realm: AcceptedRealm;
  service: string | undefined;
  scopes: readonly Scope[];
  credential: Credential | undefined;
}

export type TokenAnswer =
  | { kind: 'token'; value: string; lifetimeMs: number; refreshToken: string | undefined }
  | { kind: 'refused'; status: number };

const MAX_ANSWER_BYTES = 1024 * 1024;
/** distribution's token specification: 60 seconds where `expires_in` is left out. */
const DEFAULT_LIFETIME_S = 60;
const MAX_LIFETIME_S = 24 * 3600;
const CLIENT_ID = 'condock';

/**
 * Asks a token server once: GET with Basic for a password or anonymously, POST with a form for an identity token (an OAuth
 * refresh token, as ACR and `docker login` use it). Redirects are not followed: a secret is in the request. Throws
 * `registry-error` or `rate-limited` for answers that are none, with `status` and `realm` in its data.
 */
export async function requestToken(
  question: TokenQuestion,
  send: (request: HttpRequest) => Promise<HttpResponse>,
  now: () => number,
): Promise<TokenAnswer> {
  const { host, realm } = question;
  const response = await send(buildRequest(question));
  const { status, body } = response;
  if (status === 200) {
    const bytes = await readBounded(body, MAX_ANSWER_BYTES);
    return readToken(bytes, host, realm.url);
  }
  if (status >= 400 && status < 500 && status !== 404 && status !== 405 && status !== 429) {
    discard(body);
    return { kind: 'refused', status };
  }
  const pauseMs = requestedPause(response.headers, await readShort(body), now());
  const code = status === 429 ? 'rate-limited' : 'registry-error';
  const what = status === 429 ? 'is asked too much' : `answered ${status}`;
  throw failed(code, host, realm.url, what, status, pauseMs);
}

function buildRequest({ realm, service, scopes, credential }: TokenQuestion): HttpRequest {
  const url = new URL(realm.url);
  const common = { allowed: realm.allowed, headersMs: 30_000 };
  if (credential?.kind === 'identity-token') {
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT_ID });
    if (service !== undefined) form.set('service', service);
    if (scopes.length > 0) form.set('scope', scopes.map(formatScope).join(' '));
    form.set('refresh_token', credential.secret);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    return { ...common, url, method: 'POST', headers, body: Buffer.from(form.toString()) };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', formatScope(scope));
  const headers: Record<string, string> = { accept: 'application/json' };
  if (credential !== undefined) {
    headers.authorization = basicHeader(credential);
    if (credential.username !== undefined) url.searchParams.set('account', credential.username);
  }
  return { ...common, url, method: 'GET', headers };
}

/** RFC 7617. */
export const basicHeader = ({ username = '', secret }: Credential): string =>
  `Basic ${Buffer.from(`${username}:${secret}`, 'utf8').toString('base64')}`;

function readToken(bytes: Buffer | undefined, host: string, realm: URL): TokenAnswer {
  let document: unknown;
  try {
    document = JSON.parse(bytes?.toString('utf8') ?? '');
  } catch {
    throw failed('registry-error', host, realm, 'sent something that is no token', 200);
  }
  const members = (typeof document === 'object' && document !== null ? document : {}) as Record<string, unknown>;
  const text = (name: string): string | undefined => {
    const value = members[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const value = text('token') ?? text('access_token');
  // What does not fit into a header would be a way to smuggle one.
  if (value === undefined || !/^[\x21-\x7e]+$/.test(value)) {
    throw failed('registry-error', host, realm, 'sent no usable token', 200);
  }
  const given = Number(members.expires_in ?? DEFAULT_LIFETIME_S);
  const seconds = Number.isFinite(given) && given > 0 ? Math.min(given, MAX_LIFETIME_S) : DEFAULT_LIFETIME_S;
  return { kind: 'token', value, lifetimeMs: seconds * 1000, refreshToken: text('refresh_token') };
}

function failed(
  code: 'registry-error' | 'rate-limited',
  host: string,
  realm: URL,
  what: string,
  status: number,
  pauseMs?: number,
): CondockError {
  return new CondockError(code, `The token server ${realm.host} of ${host} ${what}.`, {
    hint: 'Try again later; if it stays so, tell whoever runs the registry.',
    data: {
      host,
      status,
      realm: realm.host,
      ...(pauseMs === undefined ? {} : { retryAfterSeconds: pauseMs / 1000 }),
    },
  });
}
