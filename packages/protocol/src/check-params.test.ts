import { describe, expect, it } from 'vitest';
import { checkParams } from './check-params.ts';

const thrown = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('checkParams', () => {
  it('gives what the schema knows', () => {
    expect(checkParams('env/show', { path: '/e', check: false, more: 1 })).toEqual({ path: '/e', check: false });
    expect(checkParams('daemon/ping', undefined)).toEqual({});
  });

  it('names the member at fault and never its value', () => {
    const secret = { hidden: 'hunter2' };
    const error = thrown(() => checkParams('session/login', { host: 'h', secret }));
    expect(error).toMatchObject({ code: 'usage', data: { method: 'session/login', at: 'params.secret' } });
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });

  it.each([[[]], ['text'], [7], [null]])('takes %j for no parameters or for wrong ones, never for some', (params) => {
    const expected = params === null ? { code: 'usage', data: { at: 'params.path' } } : { code: 'usage' };
    expect(thrown(() => checkParams('env/show', params))).toMatchObject(expected);
  });
});
