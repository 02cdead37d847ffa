import { CondockError } from '@condock/protocol';
import { canBeSent, type Secret } from '../../credentials/index.ts';

/** How a login or an offer came over the wire. */
export interface GivenSecret {
  username?: string | undefined;
  secret: string;
  kind?: Secret['kind'] | undefined;
}

/**
 * What a person gave, as a secret. Without a kind, a user name makes it a password; docker's `<token>` makes it a refresh token.
 * Throws `usage` for what no registry could take.
 */
export function readGivenSecret({ username, secret, kind }: GivenSecret): Secret {
  if (secret === '')
    throw new CondockError('usage', 'The password or token is empty.', { hint: 'Give it on standard input.' });
  // What would end a header line, and so smuggle another one in.
  if (/[\r\n\0]/.test(secret) || /[\r\n\0]/.test(username ?? '')) {
    throw new CondockError('usage', 'The user name or the password holds a line break or a NUL.');
  }
  const isToken = username === '<token>';
  const actual = kind ?? (isToken ? 'identity-token' : 'basic');
  const named = username === undefined || username === '' || isToken ? {} : { username };
  if (actual === 'basic') {
    if (named.username === undefined) {
      throw new CondockError('usage', 'A password needs a user name.', {
        hint: 'Name the user, or say that it is a token (kind bearer or identity-token).',
      });
    }
    if (named.username.includes(':')) {
      throw new CondockError('usage', 'A user name with a colon in it can not be sent (RFC 7617).');
    }
  }
  const given: Secret = { kind: actual, secret, ...named };
  if (!canBeSent(given)) {
    throw new CondockError('usage', "The token holds a blank or another character that can't be sent (RFC 6750).");
  }
  return given;
}
