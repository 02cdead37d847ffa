import { fingerprint } from './credential-finder.ts';
import type { Credential } from './credential-source.ts';
import type { TokenAnswer } from './token-request.ts';

/** One login whose refresh token a registry may exchange with every use, or with some. */
export interface Line {
  /** As it was first seen: one name for the login, whatever its refresh token is by now. */
  readonly first: Credential;
  /**
   * Shows the refresh token of now. Those that are good for one use are used one after the other; what was refused because
   * another one took its place in the meantime is asked again with that.
   */
  use(ask: (current: Credential) => Promise<TokenAnswer>): Promise<TokenAnswer>;
}

export interface Rotations {
  /** Undefined for credentials that are never exchanged. */
  lineOf(host: string, credential: Credential | undefined): Line | undefined;
  forget(host?: string): void;
}

interface Known {
  host: string;
  line: Line;
}

const MAX_KNOWN = 1000;
/** Who asked a source a moment ago may still come with the one before. */
const REMEMBERED_PER_LINE = 3;

export function createRotations(): Rotations {
  const known = new Map<string, Known>();
  const nameOf = (host: string, credential: Credential): string => `${host} ${fingerprint(credential)}`;

  const createLine = (host: string, first: Credential): Line => {
    let current = first;
    let names = [nameOf(host, first)];
    let rotates: boolean | undefined;
    let last: Promise<unknown> = Promise.resolve();

    const askOnce = async (ask: (current: Credential) => Promise<TokenAnswer>): Promise<TokenAnswer> => {
      const shown = current;
      const answer = await ask(shown);
      if (answer.kind === 'refused') return shown === current ? answer : askOnce(ask);
      rotates = answer.refreshToken !== undefined && answer.refreshToken !== shown.secret;
      if (!rotates || shown !== current) return answer;
      current = { ...shown, secret: answer.refreshToken ?? shown.secret };
      names = [...names, nameOf(host, current)];
      for (const old of names.slice(0, -REMEMBERED_PER_LINE)) known.delete(old);
      names = names.slice(-REMEMBERED_PER_LINE);
      known.set(nameOf(host, current), { host, line });
      return answer;
    };
    const line: Line = {
      first,
      use: (ask) => {
        // One that was never exchanged is shown by as many as want to.
        if (rotates === false) return askOnce(ask);
        const turn = last.then(() => askOnce(ask));
        last = turn.catch(() => undefined);
        return turn;
      },
    };
    return line;
  };

  return {
    lineOf: (host, credential) => {
      if (credential?.kind !== 'identity-token') return undefined;
      const name = nameOf(host, credential);
      const found = known.get(name)?.line;
      if (found !== undefined) return found;
      const [oldest] = known.keys();
      if (known.size >= MAX_KNOWN && oldest !== undefined) known.delete(oldest);
      const line = createLine(host, credential);
      known.set(name, { host, line });
      return line;
    },
    forget: (host) => {
      for (const [name, one] of known) if (host === undefined || one.host === host) known.delete(name);
    },
  };
}
