import type { Answer, Behaviour, Next, SeenRequest, When } from './types.ts';

type Head = Omit<SeenRequest, 'body'>;

/** Says of each request whether it is meant, and counts those that are: `once` is `times: 1`. */
export function createMatcher(when: When): (request: Head) => boolean {
  let met = 0;
  return (request) => {
    const fits =
      among(when.kind, request.kind) &&
      among(when.method, request.method) &&
      (when.repository === undefined || when.repository === request.repository) &&
      (when.url === undefined || when.url.test(request.url));
    if (!fits) return false;
    met += 1;
    const skip = when.skip ?? 0;
    return met > skip && met <= skip + (when.times ?? Infinity);
  };
}

/** A behaviour out of a function that is called for the requests that are meant. */
export function behaviour(when: When, answer: (request: SeenRequest, next: Next) => Promise<Answer>): Behaviour {
  const matches = createMatcher(when);
  return { answer: (request, next) => (matches(request) ? answer(request, next) : next()) };
}

/** A behaviour that answers honestly first and then spoils the answer. */
export function spoil(when: When, change: (answer: Answer, request: SeenRequest) => Answer): Behaviour {
  return behaviour(when, async (request, next) => change(await next(), request));
}

export function json(status: number, document: unknown, headers: Answer['headers'] = {}): Answer {
  const body = Buffer.from(JSON.stringify(document));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

export function failure(status: number, code: string, message: string, headers: Answer['headers'] = {}): Answer {
  return json(status, { errors: [{ code, message }] }, headers);
}

function among(wanted: string | readonly string[] | undefined, value: string): boolean {
  return wanted === undefined || (typeof wanted === 'string' ? wanted === value : wanted.includes(value));
}
