import { describe, expect, it } from 'vitest';
import { Problems } from './problems.ts';

describe('problems with the places of secrets', () => {
  const missing = 'The program "docker-credential-x" was not found on the PATH.';
  const namedBy = 'the docker config (/c)';

  it('are told once, however many registries they are in the way of', () => {
    const problems = new Problems();
    problems.set('helper list', missing, { namedBy });
    expect(problems.all()).toEqual([`${missing} (named by ${namedBy})`]);
    for (const host of ['a.io', 'b.io']) problems.set(`helper ${host}`, missing, { namedBy, host });
    expect(problems.all()).toEqual([`${missing} (named by ${namedBy}; asked for a.io and b.io)`]);
    for (const host of ['c.io', 'd.io']) problems.set(`helper ${host}`, missing, { namedBy, host });
    expect(problems.all()).toEqual([`${missing} (named by ${namedBy}; asked for a.io, b.io and 2 others)`]);
    expect(problems.about('d.io')).toBe(`${missing} (named by ${namedBy}; asked for d.io)`);
    expect(problems.about('e.io')).toBeUndefined();
  });

  it('are taken back when their place is well again, and show no secret', () => {
    const problems = new Problems();
    problems.set('login h.io', "The login for h.io can't be used: password=hunter2");
    expect(problems.about('h.io')).toBe("The login for h.io can't be used: password=***");
    expect(problems.about('io')).toBeUndefined();
    problems.clear('login h.io');
    expect(problems.all()).toEqual([]);
  });
});
