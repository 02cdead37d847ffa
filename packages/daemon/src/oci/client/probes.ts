import type { Authorizer } from '../auth/authorizer.ts';
import { parseChallenges } from '../auth/challenge.ts';
import { repositoryScope } from '../auth/scopes.ts';
import type { RegistryClient } from '../registry-client.ts';
import { discard } from '../transport/body.ts';
import type { Answer, Call, Exchange } from './exchange.ts';
import { where } from './needs.ts';

/** See the contract: the anonymous answer of `GET /v2/`, and where there is a credential the answer to that. */
export function createPing(exchange: Exchange, authorizer: Authorizer): RegistryClient['ping'] {
  return async (host, options = {}) => {
    const first = await exchange.greet(host, options);
    discard(first.body);
    const challenges = [first.headers['www-authenticate'] ?? []].flat();
    const webPage = challenges.length === 0 && /^text\/html\b/i.test(first.headers['content-type'] ?? '');
    if (first.status !== 401) return { status: first.status, challenges, webPage };
    const caller = { identity: options.identity, signal: options.signal };
    authorizer.challenged(host, options.identity, parseChallenges(challenges), new URL(first.url.origin));
    if ((await authorizer.credential(host, caller)) === undefined) return { status: 401, challenges, webPage };
    // Not a read: those may be answered anonymously, which says nothing of the credential.
    const need = { host, scopes: [], read: false };
    const call: Call = { host, doing: `sign in to ${host}`, method: 'GET', target: '/v2/', need, options };
    const { status, body } = await exchange.send(call);
    discard(body);
    return { status, challenges, webPage };
  };
}

/** One authorized request of any kind to one repository, for finding out what a registry can do. */
export function createProbe(exchange: Exchange): NonNullable<RegistryClient['probe']> {
  return async (repository, { method, path, actions = 'pull' }, options = {}) => {
    const { host, name } = repository;
    const base = { host, doing: `find out what ${where(repository)} can do`, options };
    const call: Call = {
      ...base,
      method,
      target: `/v2/${name}/${path}`,
      need: {
        host,
        repository: name,
        scopes: [repositoryScope(name, ...actions.split(','))],
        read: actions === 'pull',
        ...(method === 'DELETE' ? { also: ['delete'] } : {}),
      },
    };
    const absolute = path.startsWith('/') || URL.canParse(path);
    const target = absolute ? exchange.locationOf(call, located(call, path)) : call.target;
    const answer = await exchange.once({ ...call, target: target ?? call.target });
    discard(answer.body);
    const headers = Object.entries(answer.headers).map(([header, value]) => [header, [value ?? []].flat().join(', ')]);
    return { status: answer.status, headers: Object.fromEntries(headers) as Record<string, string> };
  };

  /** A Location of an earlier answer, under the same rules as in any answer. */
  function located(call: Call, location: string): Pick<Answer, 'headers' | 'url'> {
    return { headers: { location }, url: exchange.originOf(call.host) };
  }
}
