import { describe, expect, it } from 'vitest';
import { MAX_HEADER_LENGTH, parseChallenges } from './challenge.ts';

const bearer = (parameters: Record<string, string>) => ({ scheme: 'bearer', parameters });

describe('parseChallenges', () => {
  it('reads what registries send', () => {
    expect(
      parseChallenges('Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:a/b:pull"'),
    ).toEqual([bearer({ realm: 'https://ghcr.io/token', service: 'ghcr.io', scope: 'repository:a/b:pull' })]);
  });

  it.each([
    [
      'commas in quotes',
      'Bearer scope="repository:a:pull,push",realm="r"',
      [bearer({ scope: 'repository:a:pull,push', realm: 'r' })],
    ],
    ['escapes in quotes', 'Basic realm="a \\"b\\" \\\\ c"', [{ scheme: 'basic', parameters: { realm: 'a "b" \\ c' } }]],
    ['names and schemes of any case', 'BEARER Realm="r"', [bearer({ realm: 'r' })]],
    ['values without quotes', 'Bearer realm=https, service=x', [bearer({ realm: 'https', service: 'x' })]],
    ['blanks around the equals sign', 'Bearer realm = "r" , service ="s"', [bearer({ realm: 'r', service: 's' })]],
    ['empty list elements', ',, Bearer realm="r",, ,service="s",', [bearer({ realm: 'r', service: 's' })]],
    ['the first of a doubled parameter', 'Bearer realm="one",realm="two"', [bearer({ realm: 'one' })]],
    ['a scheme alone', 'Negotiate', [{ scheme: 'negotiate', parameters: {} }]],
    [
      'names that JavaScript keeps for itself',
      'Bearer __proto__="x",realm="r"',
      [bearer(JSON.parse('{"__proto__":"x","realm":"r"}') as Record<string, string>)],
    ],
  ])('reads %s', (_, header, expected) => {
    expect(
      parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })),
    ).toEqual(expected.map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } })));
  });

  it('reads several challenges of one header and of several, in order', () => {
    const headers = ['Negotiate abc==, Basic realm="b, still b", Bearer realm="r",service="s"', 'Digest nonce="n"'];
    expect(parseChallenges(headers)).toEqual([
      { scheme: 'negotiate', parameters: {}, token68: 'abc==' },
      { scheme: 'basic', parameters: { realm: 'b, still b' } },
      bearer({ realm: 'r', service: 's' }),
      { scheme: 'digest', parameters: { nonce: 'n' } },
    ]);
    expect(parseChallenges('Basic, Bearer realm="r"')).toEqual([
      { scheme: 'basic', parameters: {} },
      bearer({ realm: 'r' }),
    ]);
  });

  it('keeps what came before the point where a header stops making sense', () => {
    expect(parseChallenges('Bearer realm="r", service="never closed')).toEqual([bearer({ realm: 'r' })]);
    expect(parseChallenges('Bearer realm="r" "what"')).toEqual([bearer({ realm: 'r' })]);
  });

  it('has nothing to say of nothing, garbage and giants', () => {
    for (const header of [undefined, '', '   ', '"', '=', '\u0000', '(((('])
      expect(parseChallenges(header)).toEqual([]);
    expect(parseChallenges(`Bearer realm="${'x'.repeat(MAX_HEADER_LENGTH)}"`)).toEqual([]);
    expect(parseChallenges(Array.from({ length: 1000 }, () => 'Basic realm="r"')).length).toBeLessThanOrEqual(16);
    const many = parseChallenges(`Bearer ${Array.from({ length: 500 }, (_, i) => `p${i}="v"`).join(',')}`);
    expect(Object.keys(many[0]!.parameters).length).toBeLessThanOrEqual(32);
  });
});
