import type { Behaviour } from '../types.ts';
import { failure } from '../when.ts';

export interface BasicAuthOptions {
  username: string;
  password: string;
  /** Requests for which the password is good; default any number. ECR's are good for 12 hours. */
  uses?: number;
  /** How it is refused once it has expired; ECR says 400. Default 401. */
  expiredStatus?: 401 | 400 | 403;
  /** The challenge; default `Basic realm="test"`. */
  challenge?: string | string[];
}

/** HTTP Basic directly at the registry. */
export function basicAuth(options: BasicAuthOptions): Behaviour {
  const expected = `Basic ${Buffer.from(`${options.username}:${options.password}`).toString('base64')}`;
  const headers = { 'www-authenticate': options.challenge ?? 'Basic realm="test"' };
  let left = options.uses ?? Infinity;
  return {
    answer: async (request, next) => {
      if (request.headers.authorization !== expected)
        return failure(401, 'UNAUTHORIZED', 'authentication required', headers);
      if (left <= 0)
        return failure(options.expiredStatus ?? 401, 'DENIED', 'Your authorization token has expired.', headers);
      left -= 1;
      return await next();
    },
  };
}

/** Challenges that no client should choke on, hang on, or send anything to. */
export const ODD_CHALLENGES: Readonly<Record<string, string | string[]>> = {
  empty: '',
  'scheme alone': 'Bearer',
  'no realm': 'Bearer service="x",scope="y"',
  'realm is no URL': 'Bearer realm="not a url",service="x"',
  'realm of another scheme': 'Bearer realm="file:///etc/passwd",service="x"',
  'unknown scheme': 'Negotiate oYG2MIGzoAMKAQ==',
  'unclosed quote': 'Bearer realm="https://127.0.0.1:1/token',
  'commas without end': `Bearer ${','.repeat(10_000)}`,
  huge: `Bearer realm="https://127.0.0.1:1/${'x'.repeat(200_000)}"`,
  'a thousand challenges': Array.from({ length: 1000 }, (_, n) => `Scheme${String(n)} a="b"`).join(', '),
  'user and password in the realm': 'Bearer realm="https://user:password@127.0.0.1:1/token"',
};
