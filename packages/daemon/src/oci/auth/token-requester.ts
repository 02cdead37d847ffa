import type { Clock } from '../transport/clock.ts';
import type { HttpRequest, HttpResponse } from '../transport/dispatch.ts';
import type { TransportLogger } from '../transport/events.ts';
import type { CredentialFinder } from './credential-finder.ts';
import type { Credential, CredentialQuery } from './credential-source.ts';
import type { AcceptedRealm } from './realm-rules.ts';
import type { Line } from './rotations.ts';
import type { Scope } from './scopes.ts';
import { requestToken, type TokenAnswer } from './token-request.ts';

export interface TokenRequesterParts {
  finder: Pick<CredentialFinder, 'rotated'>;
  clock: Clock;
  send: (request: HttpRequest) => Promise<HttpResponse>;
  log: TransportLogger;
}

export interface TokenRequesterOf {
  host: string;
  realm: AcceptedRealm;
  service: string | undefined;
  credential: Credential | undefined;
  /** Where the credential is one that the registry may exchange for a new one on the way. */
  line: Line | undefined;
}

/** Asks one token server with one login. */
export function createTokenRequester(
  { host, realm, service, credential, line }: TokenRequesterOf,
  query: CredentialQuery,
  { finder, send, log, clock }: TokenRequesterParts,
): (scopes: readonly Scope[]) => Promise<TokenAnswer> {
  // The secret has to be kept, whoever has stopped waiting for the token.
  const lasting = { ...query };
  delete lasting.signal;

  const ask = async (scopes: readonly Scope[], current: Credential | undefined): Promise<TokenAnswer> => {
    const about = { host, realm: realm.url.host, scopes: scopes.length, source: current?.source ?? 'anonymous' };
    const question = { host, realm, service, scopes, credential: current };
    const answer = await requestToken(question, send, () => clock.now());
    if (answer.kind === 'refused') {
      log({ event: 'token-refused', ...about, status: answer.status });
      return answer;
    }
    log({ event: 'token', ...about });
    const rotated = answer.refreshToken;
    if (current?.kind === 'identity-token' && rotated !== undefined && rotated !== current.secret) {
      await finder.rotated(lasting, current, rotated);
    }
    return answer;
  };

  return (scopes) => (line === undefined ? ask(scopes, credential) : line.use((current) => ask(scopes, current)));
}
