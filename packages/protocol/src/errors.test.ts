import { describe, expect, it } from 'vitest';
import { CondockError, isCancellation, toCondockError } from './errors.ts';

const URL_WITH_SECRET = 'https://me:S3CRET@h.io/t/S3CRET/c?X-Amz-Signature=S3CRET';

describe('CondockError', () => {
  it('shows no secret in its sentence, its hint or its facts, and keeps its cause to itself', () => {
    const error = new CondockError('denied', `${URL_WITH_SECRET} said no.`, {
      hint: `Try ${URL_WITH_SECRET} later.`,
      data: { host: 'h.io', url: URL_WITH_SECRET, status: 403, reason: undefined, credentialSource: null },
      cause: new Error('S3CRET of a library'),
    });
    const url = 'https://***@h.io/t/***/c?X-Amz-Signature=***';
    expect(error.toJSON()).toEqual({
      code: 'denied',
      message: `${url} said no.`,
      hint: `Try ${url} later.`,
      data: { host: 'h.io', url, status: 403, credentialSource: null },
    });
    expect(String(error) + (error.stack ?? '')).not.toContain('S3CRET');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('drives no terminal', () => {
    expect(new CondockError('denied', '\u001b[2Jgone', { hint: '\u0007' })).toMatchObject({
      message: '\\x1b[2Jgone',
      hint: '\\x07',
    });
  });

  it('comes back from a document, with a code that is not known as an internal one', () => {
    const document = { code: 'denied', message: 'No.', hint: 'Ask.', data: { host: 'h.io' } } as const;
    expect(CondockError.fromDocument(document).toJSON()).toEqual(document);
    const foreign = { ...document, code: 'new' } as unknown as typeof document;
    expect(CondockError.fromDocument(foreign).code).toBe('internal');
  });
});

describe('toCondockError', () => {
  it('leaves what is one alone, knows cancellation, and calls the rest unforeseen, without its secrets', () => {
    const own = new CondockError('absent', 'gone');
    expect(toCondockError(own)).toBe(own);
    const aborted = Object.assign(new Error('aborted'), { name: 'AbortError' });
    expect(isCancellation(aborted)).toBe(true);
    expect(toCondockError(aborted).code).toBe('cancelled');
    for (const thrown of [new Error(`at ${URL_WITH_SECRET}`), `at ${URL_WITH_SECRET}`]) {
      const error = toCondockError(thrown);
      expect(error).toMatchObject({ code: 'internal', message: expect.stringContaining('https://***@h.io') as string });
      expect(error.message).not.toContain('S3CRET');
    }
  });
});
