import type { ServerResponse } from 'node:http';
import { answer, type ScriptedServer, type SeenRequest, startScriptedServer } from './scripted-server.ts';

export interface TokenRegistryOptions {
  /** Seconds; undefined: the answer does not say. */
  expiresIn?: number;
  /** What the token server answers in place of a token; undefined: a token. */
  refuse?: (request: SeenRequest) => { status: number; body?: object } | undefined;
  /** Whether the registry takes a token; default: its scopes name the repository. */
  accepts?: (token: IssuedToken, request: SeenRequest) => boolean;
  /** After a token was taken. */
  serve: (request: SeenRequest, response: ServerResponse) => void;
  /** More members of the token server's answer. */
  extra?: () => object;
}

export interface IssuedToken {
  value: string;
  scopes: string[];
  /** The Authorization header, or the refresh token, that it was given for. */
  shown: string | undefined;
}

export interface TokenRegistry extends AsyncDisposable {
  host: string;
  registry: ScriptedServer;
  tokens: ScriptedServer;
  issued: IssuedToken[];
  /** Takes a token back: the registry answers 401 to it from now on. */
  revoke(value: string): void;
}

/** A registry and its token server, on loopback, as the distribution project specifies them. */
export async function startTokenRegistry(options: TokenRegistryOptions): Promise<TokenRegistry> {
  const issued: IssuedToken[] = [];
  const revoked = new Set<string>();
  const tokens = await startScriptedServer((request, response) => {
    const refusal = options.refuse?.(request);
    if (refusal !== undefined) {
      answer(response, refusal.status, {}, refusal.body ?? {});
      return;
    }
    const form = new URLSearchParams(request.body.toString());
    const scopes = request.method === 'POST' ? (form.get('scope') ?? '').split(' ') : request.query.getAll('scope');
    const shown = form.get('refresh_token') ?? request.headers.authorization;
    const token = { value: `token-${issued.length + 1}`, scopes, shown };
    issued.push(token);
    const lifetime = options.expiresIn === undefined ? {} : { expires_in: options.expiresIn };
    answer(response, 200, {}, { token: token.value, ...lifetime, ...options.extra?.() });
  });
  const accepts =
    options.accepts ??
    ((token, { path }) => token.scopes.some((s) => path.startsWith(`/v2/${s.split(':')[1] ?? '?'}/`)));
  const registry = await startScriptedServer((request, response) => {
    const token = issued.find((t) => request.headers.authorization === `Bearer ${t.value}`);
    if (token !== undefined && !revoked.has(token.value) && accepts(token, request)) {
      options.serve(request, response);
      return;
    }
    const name = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(request.path)?.[1] ?? '';
    const scope = name === '' ? '' : `,scope="repository:${name}:pull"`;
    answer(response, 401, { 'www-authenticate': `Bearer realm="${tokens.origin}/token",service="test"${scope}` });
  });
  return {
    host: registry.host,
    registry,
    tokens,
    issued,
    revoke: (value) => revoked.add(value),
    [Symbol.asyncDispose]: async () => {
      await registry[Symbol.asyncDispose]();
      await tokens[Symbol.asyncDispose]();
    },
  };
}
