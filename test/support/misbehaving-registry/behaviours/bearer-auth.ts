import { randomBytes } from 'node:crypto';
import type { Answer, Behaviour, SeenRequest } from '../types.ts';
import { failure, json } from '../when.ts';

export interface TokenPolicy {
  /** What `expires_in` says; null leaves it out (then 60 s hold). Default 300. */
  expiresIn?: number | null;
  /** Requests for which a token is really good; default any number. Small ones expire in mid-transfer. */
  uses?: number;
  /** Members that hold the token; default both. */
  members?: readonly ('token' | 'access_token')[];
  /** Gives only the first of several scopes that are asked for at once. */
  oneScope?: boolean;
  /** Hands out a new refresh token with each token. */
  rotate?: boolean;
}

export interface BearerAuthOptions {
  /** Default: /token of this registry. Foreign, private or link-local ones are what a client must not fall for. */
  realm?: string;
  service?: string;
  /** Who may have tokens; undefined: everybody, for everything. */
  credentials?: { username: string; password: string };
  /** With credentials: tokens to pull are for everybody. */
  anonymousPull?: boolean;
  /** The refresh token that is good at first. */
  refreshToken?: string;
  tokens?: TokenPolicy;
  /** The scope that the challenge names, given the honest one. */
  scope?: (honest: string) => string;
  /** The header itself, given the honest one: several, huge, malformed. */
  challenge?: (honest: string) => string | string[];
  /** No token is ever good. */
  neverSatisfied?: boolean;
  /** How an expired token is refused; public ECR says 400. */
  expiredStatus?: 401 | 400;
  /** How the token endpoint refuses; ghcr says 403. */
  deniedStatus?: 401 | 403;
}

export interface BearerAuth extends Behaviour {
  /** In order: what was asked for and what was given. */
  readonly issued: readonly { token: string; scopes: readonly string[]; refreshToken?: string }[];
  /** Tokens given so far are good no more. */
  expireAll(): void;
}

/** Docker's token protocol with a token endpoint of its own, as honest or as odd as the options say. */
export function bearerAuth(options: BearerAuthOptions = {}): BearerAuth {
  const { tokens = {}, service = 'condock-test', expiredStatus = 401 } = options;
  const issued: { token: string; scopes: readonly string[]; refreshToken?: string }[] = [];
  const good = new Map<string, { scopes: readonly string[]; left: number }>();
  const refreshTokens = new Set(options.refreshToken === undefined ? [] : [options.refreshToken]);

  const issue = (scopes: readonly string[], mayRefresh: boolean): Answer => {
    const token = randomBytes(24).toString('base64url');
    const granted = tokens.oneScope === true ? scopes.slice(0, 1) : scopes;
    good.set(token, { scopes: granted, left: tokens.uses ?? Infinity });
    const refreshToken = mayRefresh && tokens.rotate === true ? randomBytes(24).toString('base64url') : undefined;
    if (refreshToken !== undefined) {
      refreshTokens.clear();
      refreshTokens.add(refreshToken);
    }
    issued.push({ token, scopes: granted, ...(refreshToken === undefined ? {} : { refreshToken }) });
    const expiresIn = tokens.expiresIn === undefined ? 300 : tokens.expiresIn;
    return json(200, {
      ...Object.fromEntries((tokens.members ?? ['token', 'access_token']).map((member) => [member, token])),
      ...(expiresIn === null ? {} : { expires_in: expiresIn, issued_at: new Date().toISOString() }),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    });
  };

  const tokenEndpoint = (request: SeenRequest): Answer => {
    const form = request.method === 'POST' ? new URLSearchParams(request.body.toString()) : request.query;
    const scopes = form.getAll('scope').flatMap((scope) => scope.split(' '));
    if (request.method === 'POST') {
      const refresh = form.get('grant_type') === 'refresh_token' && refreshTokens.has(form.get('refresh_token') ?? '');
      return refresh ? issue(scopes, true) : failure(401, 'UNAUTHORIZED', 'That refresh token is not known.');
    }
    const { credentials } = options;
    const pullOnly = scopes.every((scope) => scope.endsWith(':pull'));
    const known = credentials === undefined || isBasic(request.headers.authorization, credentials);
    if (known || (options.anonymousPull === true && pullOnly && request.headers.authorization === undefined))
      return issue(scopes, known);
    return failure(options.deniedStatus ?? 401, options.deniedStatus === 403 ? 'DENIED' : 'UNAUTHORIZED', 'No.');
  };

  const challenge = (request: SeenRequest, status: number, error?: string): Answer => {
    const wanted = scopesOf(request).join(' ');
    const scope = options.scope?.(wanted) ?? wanted;
    const parts = [`realm="${options.realm ?? `${request.origin}/token`}"`, `service="${service}"`];
    if (scope !== '') parts.push(`scope="${scope}"`);
    if (error !== undefined) parts.push(`error="${error}"`);
    const honest = `Bearer ${parts.join(',')}`;
    const header = options.challenge?.(honest) ?? honest;
    return failure(status, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': header });
  };

  return {
    issued,
    expireAll: () => {
      for (const entry of good.values()) entry.left = 0;
    },
    answer: async (request, next) => {
      if (request.kind === 'token') return tokenEndpoint(request);
      const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const entry = token === undefined ? undefined : good.get(token);
      if (entry === undefined || options.neverSatisfied === true) return challenge(request, 401);
      if (entry.left <= 0) return challenge(request, expiredStatus, 'invalid_token');
      entry.left -= 1;
      const lacking = scopesOf(request).some((scope) => !entry.scopes.some((has) => covers(has, scope)));
      return lacking ? challenge(request, 401, 'insufficient_scope') : await next();
    },
  };
}

/** What a request needs, as docker's registry asks for it. */
function scopesOf({ method, repository, query, kind }: SeenRequest): string[] {
  if (kind === 'catalog') return ['registry:catalog:*'];
  if (repository === '') return [];
  const actions = method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'delete' : 'pull,push';
  const from = query.get('from');
  const isUploadStatus = kind === 'upload' && method === 'GET';
  const own = `repository:${repository}:${isUploadStatus ? 'pull,push' : actions}`;
  return from === null ? [own] : [own, `repository:${from}:pull`];
}

/** Whether a scope that was given holds what is needed: the same resource, all of the actions. */
function covers(given: string, needed: string): boolean {
  const split = (scope: string): [string, string[]] => {
    const at = scope.lastIndexOf(':');
    return [scope.slice(0, at), scope.slice(at + 1).split(',')];
  };
  const [givenName, givenActions] = split(given);
  const [name, actions] = split(needed);
  return givenName === name && actions.every((a) => givenActions.includes(a) || givenActions.includes('*'));
}

function isBasic(header: string | undefined, { username, password }: { username: string; password: string }): boolean {
  return header === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
