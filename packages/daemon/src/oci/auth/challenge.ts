/** One challenge of a WWW-Authenticate header. Names are lower case; values as they are meant, quotes and escapes undone. */
export interface Challenge {
  scheme: string;
  parameters: Readonly<Record<string, string>>;
  /** The other form of a challenge: one opaque word. */
  token68?: string;
}

/** A challenge has some hundred characters; what is longer than this is not read. */
export const MAX_HEADER_LENGTH = 16 * 1024;
const MAX_CHALLENGES = 16;
const MAX_PARAMETERS = 32;

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const BLANK = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/**
 * Reads every challenge out of one or several WWW-Authenticate headers (RFC 9110 §11.6.1): several in one header, quoted commas,
 * escapes, parameters in any order. Never throws: where a header stops making sense, what was read before it counts. Of a parameter
 * given twice the first counts.
 */
export function parseChallenges(headers: string | readonly string[] | undefined): Challenge[] {
  const challenges: Challenge[] = [];
  for (const header of [headers ?? []].flat()) {
    if (header.length <= MAX_HEADER_LENGTH) parseHeader(header, challenges);
  }
  return challenges.slice(0, MAX_CHALLENGES);
}

/** RFC 6750 §3.1: the token is good, but not for this. */
export function lacksScope(challenges: readonly Challenge[]): boolean {
  return challenges.some(({ scheme, parameters }) => scheme === 'bearer' && parameters.error === 'insufficient_scope');
}

function parseHeader(text: string, challenges: Challenge[]): void {
  const reader = createReader(text);
  let parameters: Record<string, string> | undefined;
  while (challenges.length <= MAX_CHALLENGES) {
    reader.take(SEPARATORS);
    const word = reader.take(TOKEN);
    if (word === undefined) return;
    const before = reader.at();
    reader.take(BLANK);
    if (parameters !== undefined && reader.skip('=')) {
      // `name=value` goes on with the challenge that it follows.
      reader.take(BLANK);
      const value = reader.quoted() ?? reader.take(TOKEN);
      if (value === undefined) return;
      const name = word.toLowerCase();
      if (!(name in parameters) && Object.keys(parameters).length < MAX_PARAMETERS) parameters[name] = value;
      continue;
    }
    reader.goto(before);
    parameters = Object.create(null) as Record<string, string>;
    const challenge: Challenge = { scheme: word.toLowerCase(), parameters };
    challenges.push(challenge);
    reader.take(BLANK);
    const opaque = reader.take(TOKEN68);
    // A scheme without parameters may be followed by the next scheme: one word before a comma is not a token68 then.
    if (opaque !== undefined) challenge.token68 = opaque;
  }
}

interface Reader {
  at(): number;
  goto(index: number): void;
  take(pattern: RegExp): string | undefined;
  skip(character: string): boolean;
  quoted(): string | undefined;
}

function createReader(text: string): Reader {
  let index = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = index;
    const found = pattern.exec(text);
    if (found !== null) index += found[0].length;
    return found;
  };
  return {
    at: () => index,
    goto: (to) => {
      index = to;
    },
    take: (pattern) => match(pattern)?.[0],
    skip: (character) => {
      if (text[index] !== character) return false;
      index += 1;
      return true;
    },
    quoted: () => match(QUOTED)?.[1]?.replace(/\\(.)/g, '$1'),
  };
}
