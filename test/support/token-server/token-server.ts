import { randomBytes, randomUUID } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { createCertificate } from '../misbehaving-registry/certificate.ts';
import { startHttpHost } from '../misbehaving-registry/http-host.ts';
import type { Answer, Behaviour, SeenRequest } from '../misbehaving-registry/types.ts';
import { failure, json } from '../misbehaving-registry/when.ts';
import { type Access, type GrantRule, parseScope, usersMayAll } from './token-rules.ts';

export interface TokenServerOptions {
  /** What registries expect as `issuer`; default `condock-test`. */
  issuer?: string;
  /** What registries expect as `service`; default `condock-test`. */
  service?: string;
  users?: Readonly<Record<string, string>>;
  /** Default: users may do everything, others may pull. */
  grant?: GrantRule;
  /** Seconds for which tokens are good, and which they name. Docker's registry adds 60 s of leeway. Default 300. */
  lifetimeSeconds?: number;
  /** How an asker without any right is refused; default 401. ghcr says 403. */
  refusal?: 401 | 403;
  /** A loopback address; default 127.0.0.1. */
  address?: string;
  /** To be slow, to fail, to answer HTML: as for a registry. */
  behaviours?: readonly Behaviour[];
}

/** One token that was asked for. */
export interface TokenRequest {
  method: string;
  grant: 'get' | 'password' | 'refresh_token';
  username: string | undefined;
  scopes: string[];
  /** Undefined: refused. */
  access: Access[] | undefined;
}

export interface TokenServer extends AsyncDisposable {
  /** For a registry's `auth.token`: `realm`, `service`, `issuer`, and the PEM that belongs into `rootcertbundle`. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly certificate: string;
  /** In order; their number is what a thrifty client keeps low. */
  readonly tokenRequests: readonly TokenRequest[];
  readonly requests: readonly SeenRequest[];
  bytesSeen: () => Buffer;
  leaksOf: (secret: string, username?: string) => string[];
  /** For tokens that are given from now on; negative ones have expired so long ago when they arrive. */
  setLifetime: (seconds: number) => void;
  /** A refresh token ("identity token") as `docker login` would get it. */
  createRefreshToken: (username: string) => string;
  /** From now on each use of a refresh token replaces it. */
  rotateRefreshTokens: () => void;
  stop: () => Promise<void>;
}

/**
 * A token server for registries with token auth (distribution's "Token Authentication Specification" and "OAuth2 Token
 * Authentication"): GET with or without Basic, POST with password or refresh token; JWTs signed with ES256, x5c in the header.
 */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const { issuer = 'condock-test', service = 'condock-test', users = {}, refusal = 401 } = options;
  const grant = options.grant ?? usersMayAll({ anonymousPull: true });
  const { key, cert } = await createCertificate();
  const signingKey = await importPKCS8(key, 'ES256');
  const x5c = [cert.replace(/-----[^-]+-----|\s/g, '')];
  const tokenRequests: TokenRequest[] = [];
  const refreshTokens = new Map<string, string>();
  let lifetime = options.lifetimeSeconds ?? 300;
  let rotating = false;

  const createRefreshToken = (username: string): string => {
    const token = randomBytes(24).toString('base64url');
    refreshTokens.set(token, username);
    return token;
  };

  const sign = (username: string | undefined, access: readonly Access[]): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    // A token that has expired was also issued, and became good, before that.
    const issued = now + Math.min(0, lifetime) - 1;
    return new SignJWT({ access })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c })
      .setIssuer(issuer)
      .setSubject(username ?? '')
      .setAudience(service)
      .setJti(randomUUID())
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(now + lifetime)
      .sign(signingKey);
  };

  const answer = async (request: SeenRequest): Promise<Answer> => {
    if (request.kind !== 'token') return failure(404, 'UNSUPPORTED', 'Only tokens are to be had here.');
    const asked = readRequest(request);
    if (asked === undefined) return failure(400, 'UNSUPPORTED', 'That is no request for a token.');
    const { form, kind } = asked;
    const scopes = form.getAll('scope').flatMap((text) => text.split(' ').filter((scope) => scope !== ''));
    const note: TokenRequest = { method: request.method, grant: kind, username: undefined, scopes, access: undefined };
    tokenRequests.push(note);
    const refuse = (status: number): Answer =>
      failure(status, status === 403 ? 'DENIED' : 'UNAUTHORIZED', 'requested access to the resource is denied');

    const offered = form.get('refresh_token') ?? '';
    if (kind === 'refresh_token') note.username = refreshTokens.get(offered);
    else if (asked.username !== undefined && users[asked.username] === asked.password) note.username = asked.username;
    if (note.username === undefined && (kind !== 'get' || asked.username !== undefined)) return refuse(401);

    const wanted = scopes.map(parseScope).filter((access) => access !== undefined);
    const access = wanted
      .map((one) => ({ ...one, actions: [...grant(one, note.username)] }))
      .filter((one) => one.actions.length > 0);
    if (wanted.length > 0 && access.length === 0) return refuse(refusal);
    note.access = access;

    const token = await sign(note.username, access);
    const offline = form.get('offline_token') === 'true' || form.get('access_type') === 'offline';
    if (kind === 'refresh_token' && rotating) refreshTokens.delete(offered);
    const gives = note.username !== undefined && (offline || (kind === 'refresh_token' && rotating));
    return json(200, {
      ...(kind === 'get' ? { token } : { scope: scopes.join(' ') }),
      access_token: token,
      expires_in: Math.max(0, lifetime),
      issued_at: new Date().toISOString(),
      ...(gives ? { refresh_token: createRefreshToken(note.username ?? '') } : {}),
    });
  };

  const host = await startHttpHost({
    ...(options.address === undefined ? {} : { address: options.address }),
    behaviours: options.behaviours ?? [],
    honest: answer,
  });
  return {
    realm: `${host.url}/token`,
    service,
    issuer,
    certificate: cert,
    tokenRequests,
    requests: host.recorder.requests,
    bytesSeen: host.recorder.bytesSeen,
    leaksOf: host.recorder.leaksOf,
    setLifetime: (seconds) => {
      lifetime = seconds;
    },
    createRefreshToken,
    rotateRefreshTokens: () => {
      rotating = true;
    },
    stop: host.stop,
    [Symbol.asyncDispose]: host.stop,
  };
}

interface Asked {
  form: URLSearchParams;
  kind: TokenRequest['grant'];
  username: string | undefined;
  password: string | undefined;
}

function readRequest({ method, query, headers, body }: SeenRequest): Asked | undefined {
  if (method === 'GET') {
    const encoded = /^basic (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const pair = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
    const colon = pair?.indexOf(':') ?? -1;
    return { form: query, kind: 'get', username: pair?.slice(0, colon), password: pair?.slice(colon + 1) };
  }
  const form = new URLSearchParams(body.toString());
  const kind = form.get('grant_type');
  if (method !== 'POST' || (kind !== 'password' && kind !== 'refresh_token')) return undefined;
  if (!/^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? '')) return undefined;
  return { form, kind, username: form.get('username') ?? undefined, password: form.get('password') ?? undefined };
}
