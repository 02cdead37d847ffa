import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeName, encodeName } from './v0.ts';

const identity = (name: string, version = '1.0', build = '0') => ({ name, version, build });
const failure = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('layout v0', () => {
  it('reads back what it wrote where no escape was in the text already', () => {
    const text = fc
      .string({ unit: fc.constantFrom(...Array.from('_+!=az01.')), minLength: 1, maxLength: 20 })
      .filter((t) => !t.includes('__') && !/_[+!=]|[+!=]_/.test(t) && !t.startsWith('.'));
    fc.assert(
      fc.property(
        fc.stringMatching(/^_?[a-z]{1,5}(?:[_.-][a-z0-9]{1,5}){0,3}$/),
        text,
        text,
        (name, version, build) => {
          fc.pre(!name.startsWith('zzz_'));
          const { component, tag } = encodeName({ name, version, build });
          expect(decodeName(component, tag)).toEqual({ hashed: false, identity: { name, version, build } });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    [identity('_foo'), identity('zzz_foo')],
    [identity('p', '1.0', 'a+b'), identity('p', '1.0', 'a__p__b')],
    [identity('p', '1!2.0'), identity('p', '1__e__2.0')],
    [identity('p', '1.0', 'a__p+b'), identity('p', '1.0', 'a+p__b')],
    [identity('p', '1.0', '!p+'), identity('p', '1.0', '__e+p__')],
  ])('gives %j and %j one spelling, which the mirror does too', (one, other) => {
    expect(encodeName(one)).toEqual(encodeName(other));
  });

  it.each([
    [identity('Foo'), 'upper-case'],
    [identity('foo.'), 'ends with'],
    [identity('foo..bar'), '..'],
    [identity('foo-_bar'), '-_'],
    [identity('_'), 'ends with'],
    [identity('-foo'), 'begins with'],
    [identity('p', '2.0.0~alpha0'), '~'],
    [identity('p', '1', 'a\0'), '\\u0000'],
    [identity('p', '1 0'), '" "'],
    [identity('p', '1'.repeat(64), 'b'.repeat(64)), '129 characters'],
    [identity('repodata.json'), 'metadata'],
  ])('refuses %j and says the rule', (bad, why) => {
    expect(() => encodeName(bad)).toThrow(why);
    expect(() => encodeName(bad)).toThrow(failure('illegal-name'));
  });

  it.each([
    ['pkg', 'latest'],
    ['pkg', '2025.03.10.01.02'],
    ['pkg', '1-2-3'],
    ['pkg', `sha256-${'a'.repeat(64)}`],
    ['pkg', `sha256-${'a'.repeat(64)}.sig`],
    ['repodata.json', '1-0'],
    ['Pkg', '1-0'],
  ])('refuses %s:%s as no package', (component, tag) => {
    expect(() => decodeName(component, tag)).toThrow(failure('illegal-reference'));
  });
});
