import { describe, expect, it } from 'vitest';
import { connectionError, failureOf, registryMessages } from './failures.ts';

const failing = { host: 'h.io', doing: 'read the tags of h.io/a' };
const said = (message: string, code = 'DENIED'): string => JSON.stringify({ errors: [{ code, message }] });

describe('failureOf', () => {
  it('says in the hint of a refused login why there was no better credential, and then what to do', () => {
    const explained = 'The credential helper "docker-credential-x" is not installed (asked for h.io).';
    const error = failureOf({ ...failing, explained }, { status: 401, text: '' });
    expect(error).toMatchObject({ code: 'login-required', hint: `${explained} Sign in with "condock login h.io".` });
    expect(failureOf({ ...failing, explained }, { status: 403, text: '' }).hint).toContain(explained);
    expect(failureOf(failing, { status: 401, text: '' }).hint).toBe('Sign in with "condock login h.io".');
  });

  it('leaves out what was sent as authorization, wherever the registry repeats it', () => {
    const secrets = ['dTpzM2NyZXQ=', 's3cret'];
    // Cut off at 200 characters, a part of it would stay that nobody recognizes any more.
    const text = said(`${'.'.repeat(196)}s3cret and dTpzM2NyZXQ=`, 'NOT-s3cret');
    const error = failureOf(failing, { status: 400, text, secrets });
    const shown = JSON.stringify(error.toJSON());
    expect(shown).not.toMatch(/s3c|S3C|dTpz/);
    expect(error.data).toMatchObject({ registryCode: 'NOT-***' });
  });

  it('maps by status first, whatever a proxy says', () => {
    const html = '<html>Bad Gateway</html>';
    const codes = [401, 403, 404, 405, 408, 409, 413, 429, 500, 418].map(
      (status) => failureOf(failing, { status, text: html }).code,
    );
    expect(codes).toEqual([
      'login-required',
      'denied',
      'absent',
      'unsupported-by-registry',
      'timeout',
      'conflict',
      'too-large',
      'rate-limited',
      'registry-error',
      'registry-error',
    ]);
  });
});

describe('connectionError', () => {
  const sentenceOf = (code: string) => connectionError(failing, Object.assign(new Error('x'), { code }));
  it.each([
    ['ENOTFOUND', 'unreachable', "the name h.io can't be found"],
    ['ECONNREFUSED', 'unreachable', 'nothing listens at h.io'],
    ['ETIMEDOUT', 'timeout', "h.io can't be reached in time"],
    ['UND_ERR_BODY_TIMEOUT', 'timeout', 'h.io went silent'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'unreachable', 'the certificate of h.io is not trusted'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'unreachable', 'h.io does not speak TLS'],
    ['HPE_INVALID_CONSTANT', 'unreachable', 'h.io does not speak HTTP'],
    ['UND_ERR_HEADERS_OVERFLOW', 'registry-error', 'h.io sends more headers than any answer needs'],
    ['ECONNRESET', 'unreachable', 'the connection to h.io broke (ECONNRESET)'],
  ])('says of %s what it is', (code, errorCode, sentence) => {
    expect(sentenceOf(code)).toMatchObject({
      code: errorCode,
      message: expect.stringContaining(`Could not ${failing.doing}: ${sentence}`) as string,
      hint: expect.stringMatching(/\.$/) as string,
    });
  });
});

describe('registryMessages', () => {
  it('reads three short errors and nothing of any other shape', () => {
    const errors = Array.from({ length: 5 }, (_, n) => ({ code: `c${String(n)}`, message: 'x'.repeat(1000) }));
    const messages = registryMessages(JSON.stringify({ errors }));
    expect(messages.map(({ code }) => code)).toEqual(['C0', 'C1', 'C2']);
    expect(messages[0]?.message).toHaveLength(200);
    for (const text of ['', '[]', 'null', '{"errors":7}', '{"errors":[null,1]}', '<html>']) {
      expect(registryMessages(text)).toEqual([]);
    }
  });
});
