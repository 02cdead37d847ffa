import { describe, expect, it } from 'vitest';
import { digestFromHex, hexOf, isDigest, parseDigest, sha256Digest } from './digest.ts';
import { isRepositoryName, isTag, parseReference } from './reference.ts';

const digest = `sha256:${'0a'.repeat(32)}` as const;

describe('parseReference', () => {
  it.each([
    ['oci://ghcr.io/a/b:1.0-0', { host: 'ghcr.io', name: 'a/b', tag: '1.0-0' }],
    [`oci://127.0.0.1:5000/a@${digest}`, { host: '127.0.0.1:5000', name: 'a', digest }],
    [`oci://[::1]:5000/a:t@${digest}`, { host: '[::1]:5000', name: 'a', tag: 't', digest }],
    ['OCI://GHCR.io/a:T_1', { host: 'ghcr.io', name: 'a', tag: 'T_1' }],
    [
      'oci://localhost/zzz_libgcc_mutex:0.1-conda_forge',
      { host: 'localhost', name: 'zzz_libgcc_mutex', tag: '0.1-conda_forge' },
    ],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  it.each([
    ['ghcr.io/a/b:1', /oci:\/\/ghcr\.io\/a\/b:1/],
    ['https://ghcr.io/a/b:1', /Did you mean oci:\/\/ghcr\.io\/a\/b:1/],
    ['oci://ghcr.io', /nothing in it/],
    ['oci://ghcr.io/', /nothing in it/],
    ['oci:///a:1', /no host/],
    ['oci://user:secret@ghcr.io/a:1', /user name/],
    ['oci://ghcr.io:99999/a:1', /no host/],
    ['oci://ghcr.io/A:1', /lower case/],
    ['oci://ghcr.io/a__b___c:1', /no repository name/],
    ['oci://ghcr.io/a//b:1', /no repository name/],
    ['oci://ghcr.io/../a:1', /no repository name/],
    ['oci://ghcr.io/a', /neither a tag nor a digest/],
    ['oci://ghcr.io/a:', /no tag/],
    [`oci://ghcr.io/a:${'x'.repeat(129)}`, /no tag/],
    ['oci://ghcr.io/a:b:c', /no tag/],
    ['oci://ghcr.io/a@sha256:00', /no SHA-256 digest/],
    [`oci://ghcr.io/a@${digest}@${digest}`, /more than one @/],
    ['oci://ghcr.io/a\n:1', /no repository name/],
    [`oci://ghcr.io/${'a/'.repeat(130)}a:1`, /more than 255/],
  ])('refuses %j and says why', (text, why) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'illegal-reference' }));
    let said = '';
    try {
      parseReference(text);
    } catch (error) {
      const { message, hint } = error as { message: string; hint: string };
      said = `${message} ${hint}`;
    }
    expect(said).toMatch(why);
    expect(said).not.toContain('secret@');
  });

  it('takes 255 characters of host and name, and not 256', () => {
    const room = 255 - 'ghcr.io/'.length;
    expect(parseReference(`oci://ghcr.io/${'a'.repeat(room)}:1`).name.length).toBe(room);
    expect(() => parseReference(`oci://ghcr.io/${'a'.repeat(room + 1)}:1`)).toThrow(/255/);
  });
});

describe('the expressions of the distribution specification', () => {
  it('know legal names', () => {
    for (const name of ['a', 'a/b', 'a.b', 'a_b', 'a__b', 'a---b', '0/1'])
      expect(isRepositoryName(name), name).toBe(true);
    for (const name of ['', '/a', 'a/', 'A', 'a..b', 'a_-b', 'a___b', '-a', 'a-', '_a', 'a\n']) {
      expect(isRepositoryName(name), name).toBe(false);
    }
  });

  it('know legal tags', () => {
    for (const tag of ['a', '_', 'A.b-c_', 'x'.repeat(128)]) expect(isTag(tag), tag).toBe(true);
    for (const tag of ['', '.a', '-a', 'a+b', 'a b', 'x'.repeat(129), 'a\n']) expect(isTag(tag), tag).toBe(false);
  });
});

describe('digests', () => {
  it('are SHA-256 in their one legal spelling', () => {
    expect(sha256Digest(Buffer.from('{}'))).toBe(
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
    expect(parseDigest(digest)).toBe(digest);
    expect(hexOf(digest)).toBe('0a'.repeat(32));
    expect(digestFromHex('0A'.repeat(32))).toBe(digest);
    for (const text of [
      '',
      'sha256:',
      digest.toUpperCase(),
      `${digest}0`,
      `sha512:${'a'.repeat(128)}`,
      '../../etc',
      `${digest}\n`,
    ]) {
      expect(isDigest(text), text).toBe(false);
      expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'illegal-reference' }));
    }
  });
});
