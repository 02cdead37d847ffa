import { describe, expect, it } from 'vitest';
import { CondockError, ERROR_CODES, type ErrorCode } from './errors.ts';
import { fromWireError, toWireError } from './wire-error.ts';

describe('errors on the wire', () => {
  it.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s arrives as it was sent', (code) => {
    const sent = new CondockError(code, 'What.', { hint: 'Do.', data: { host: 'h', status: 401 }, cause: 'secret' });
    const wire = JSON.stringify(toWireError(sent));
    expect(wire).not.toContain('secret');
    const arrived = fromWireError(JSON.parse(wire) as { code: number; message: string });
    expect(arrived).toBeInstanceOf(CondockError);
    expect(arrived.toJSON()).toEqual(sent.toJSON());
  });

  it('have numbers of their own', () => {
    const numbers = Object.values(ERROR_CODES);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('are understood by number alone, and otherwise are internal', () => {
    expect(fromWireError({ code: -32601, message: 'm' }).code).toBe('unknown-method');
    expect(fromWireError({ code: 5, message: 'm' }).code).toBe('internal');
    expect(fromWireError({ code: 5, message: 'm', data: { code: 'constructor' } }).code).toBe('internal');
    expect(fromWireError({ code: 5, message: 'm', data: 'text' }).hint).toBeUndefined();
  });
});
