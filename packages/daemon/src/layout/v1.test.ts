import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeName, encodeName } from './v1.ts';

const code = (code: string): unknown => expect.objectContaining({ code });

const name = fc
  .array(fc.tuple(fc.constantFrom('', '_', '__', '-', '.', '--'), fc.stringMatching(/^[a-z0-9]{1,6}$/)), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) =>
    parts.map(([joint, text], at) => (at === 0 && joint !== '_' && joint !== '__' ? text : joint + text)).join(''),
  );
const text = fc.string({ unit: fc.constantFrom(...Array.from('_+!PNaz01.')), minLength: 1, maxLength: 80 });
const version = text.filter((v) => !v.startsWith('.'));

describe('layout v1', () => {
  it('reads back exactly what it wrote, and hashes both or none', () => {
    fc.assert(
      fc.property(name, version, text, (n, v, b) => {
        const identity = { name: n, version: v, build: b };
        const encoded = encodeName(identity);
        const decoded = decodeName(encoded.component, encoded.tag);
        expect(encoded.component.startsWith('h') && encoded.tag.startsWith('h') && !encoded.tag.includes('-')).toBe(
          encoded.hashed,
        );
        expect(decoded).toEqual(encoded.hashed ? { hashed: true } : { hashed: false, identity });
      }),
      { numRuns: 2000 },
    );
  });

  it('never gives two identities one spelling', () => {
    fc.assert(
      fc.property(version, text, version, text, (v1, b1, v2, b2) => {
        fc.pre(v1 !== v2 || b1 !== b2);
        expect(encodeName({ name: 'p', version: v1, build: b1 }).tag).not.toBe(
          encodeName({ name: 'p', version: v2, build: b2 }).tag,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['1.0-a__0', '1.0', 'a_0'],
    ['1_N2.0-0', '1!2.0', '0'],
    ['1.0-a__Nb', '1.0', 'a_Nb'],
    ['1.0-a___Nb', '1.0', 'a_!b'],
    ['1.0-a____Nb', '1.0', 'a__Nb'],
    ['h1.0-0', 'h1.0', '0'],
  ])('reads the tag %s from left to right', (tag, version, build) => {
    expect(decodeName('cpkg', tag)).toEqual({ hashed: false, identity: { name: 'pkg', version, build } });
  });

  it.each([
    ['1.0-a_0', '_0'],
    ['1.0-a_', 'escapes nothing'],
    ['1.0', 'joined by one'],
    ['1-2-3', 'joined by one'],
    ['latest', 'joined by one'],
    ['20250310T010203Z', 'joined by one'],
    [`h${'0'.repeat(64)}`, 'together or not at all'],
    [`sha256-${'0'.repeat(64)}`, 'joined by one'],
    ['1.0-', 'joined by one'],
    ['-1', 'joined by one'],
  ])('refuses the tag %s', (tag, why) => {
    expect(() => decodeName('cpkg', tag)).toThrow(why);
    expect(() => decodeName('cpkg', tag)).toThrow(code('illegal-reference'));
  });

  it.each(['mrepodata.json', 'pkg', 'c', 'c-pkg', `c${'n'.repeat(64)}`, `h${'0'.repeat(64)}`])(
    'refuses the repository %s for an unhashed tag',
    (component) => {
      expect(() => decodeName(component, '1.0-0')).toThrow(code('illegal-reference'));
    },
  );

  it('hashes from 65 characters of the encoded name and 129 of the tag on, the prefix included', () => {
    const identity = (n: number, b: number) => ({ name: 'n'.repeat(n), version: '1', build: 'b'.repeat(b) });
    expect(encodeName(identity(63, 126)).hashed).toBe(false);
    expect(encodeName(identity(64, 1)).hashed).toBe(true);
    expect(encodeName(identity(1, 127)).hashed).toBe(true);
  });

  it.each([
    [{ name: 'p', version: '1', build: 'a=b' }, '='],
    [{ name: 'P', version: '1', build: '0' }, 'upper-case'],
    [{ name: 'foo_', version: '1', build: '0' }, 'ends with'],
    [{ name: 'foo___bar', version: '1', build: '0' }, '___'],
    [{ name: '-foo', version: '1', build: '0' }, 'begins with'],
    [{ name: '_.foo', version: '1', build: '0' }, '_.'],
    [{ name: '', version: '1', build: '0' }, 'empty'],
    [{ name: 'p', version: '', build: '0' }, 'empty'],
    [{ name: 'p', version: '1-2', build: '0' }, 'separates'],
    [{ name: 'p', version: '1~a', build: '0' }, '~'],
    [{ name: 'p', version: '.1', build: '0' }, 'begins with'],
    [{ name: `Bad${'x'.repeat(70)}`, version: '1', build: '0' }, 'upper-case'],
    [{ name: 'p', version: '1', build: `${'b'.repeat(130)}=` }, '='],
    [{ name: 'p', version: 'sha256', build: '0'.repeat(64) }, 'referrers'],
  ])('refuses %j and says the rule, even where a hash would hide it', (identity, why) => {
    expect(() => encodeName(identity)).toThrow(why);
    expect(() => encodeName(identity)).toThrow(code('illegal-name'));
  });
});
