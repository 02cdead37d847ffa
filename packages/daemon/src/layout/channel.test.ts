import { describe, expect, it } from 'vitest';
import { formatOciChannel, parseOciChannel, repositoryOf } from './channel.ts';
import { decodeReference, encodeReference } from './codec.ts';

const failure = (code: string): Error => expect.objectContaining({ code }) as Error;

describe('parseOciChannel', () => {
  it.each([
    ['oci://ghcr.io/channel-mirrors/conda-forge', 'ghcr.io', 'channel-mirrors/conda-forge'],
    ['oci://GHCR.io/a/', 'ghcr.io', 'a'],
    ['oci://127.0.0.1:5000/a', '127.0.0.1:5000', 'a'],
    ['oci://[::1]:5000/a', '[::1]:5000', 'a'],
    ['OCI://localhost/a', 'localhost', 'a'],
    ['oci://r.example/a/label/dev', 'r.example', 'a/label/dev'],
    ['oci://r.example/a/label/dev/sub', 'r.example', 'a/label/dev/sub'],
    ['oci://r.example/a/label/main', 'r.example', 'a'],
  ])('reads %s', (text, host, path) => {
    expect(parseOciChannel(text)).toEqual({ host, path });
    expect(parseOciChannel(formatOciChannel({ host, path }))).toEqual({ host, path });
  });

  it.each([
    'https://ghcr.io/a',
    'ghcr.io/a',
    'oci://ghcr.io',
    'oci://ghcr.io/',
    'oci:///a',
    'oci://user:pw@ghcr.io/a',
    'oci://ghcr.io:0/a',
    'oci://ghcr.io:70000/a',
    'oci://ghcr.io/a?b',
    'oci://ghcr.io/a#b',
  ])('refuses %s as no channel URL', (text) => {
    expect(() => parseOciChannel(text)).toThrow(failure('illegal-reference'));
  });

  it.each([
    ['oci://ghcr.io/Conda', 'upper-case'],
    ['oci://ghcr.io/a//b', 'empty'],
    ['oci://ghcr.io/../a', 'begins with'],
    ['oci://ghcr.io/a_-b', '_-'],
    ['oci://ghcr.io/a/label', 'no label follows'],
    ['oci://ghcr.io/label/dev', 'needs a channel path'],
    ['oci://ghcr.io/a/label/b/label/c', 'twice'],
    ['oci://ghcr.io/a/label/1dev', 'does not begin with a letter'],
    ['oci://ghcr.io/a/label/Dev', 'upper-case'],
  ])('refuses %s, whose parts no registry can hold', (text, why) => {
    expect(() => parseOciChannel(text)).toThrow(why);
    expect(() => parseOciChannel(text)).toThrow(failure('illegal-name'));
  });

  it('keeps a password out of the refusal', () => {
    expect(() => parseOciChannel('oci://user:hunter2@ghcr.io/a')).not.toThrow(/hunter2/);
  });
});

describe('repositoryOf', () => {
  const channel = parseOciChannel('oci://r.example:5000/a/label/dev');

  it('puts the subdir between channel and component', () => {
    expect(repositoryOf(channel, 'linux-64', 'cpkg')).toEqual({
      host: 'r.example:5000',
      name: 'a/label/dev/linux-64/cpkg',
    });
    expect(repositoryOf(channel, undefined, 'channeldata.json').name).toBe('a/label/dev/channeldata.json');
  });

  it('refuses what is no subdir, and names beyond 255 characters with their host', () => {
    for (const subdir of ['', 'Linux-64', 'linux', 'a-b-c', '..', `a-${'b'.repeat(31)}`]) {
      expect(() => repositoryOf(channel, subdir, 'cpkg')).toThrow(failure('illegal-name'));
    }
    const room = 255 - 'r.example:5000/a/label/dev/noarch/'.length;
    expect(repositoryOf(channel, 'noarch', 'c'.repeat(room)).name).toHaveLength(240);
    expect(() => repositoryOf(channel, 'noarch', 'c'.repeat(room + 1))).toThrow('256 characters');
  });
});

describe('references', () => {
  it('refuse a v1 name that clients cannot take for its length', () => {
    const channel = parseOciChannel(`oci://r.example/${'a'.repeat(240)}`);
    const identity = { name: 'pkg', version: '1', build: '0' };
    expect(() => encodeReference({ channel, subdir: 'noarch', identity, layout: 'v1' })).toThrow(
      failure('illegal-name'),
    );
  });

  it('are read as v0 unless told otherwise, because both layouts spell cmake:4.3-0', () => {
    const text = 'oci://127.0.0.1:5000/ch/linux-64/cmake:4.3-0';
    expect(decodeReference(text)).toEqual({
      ...{ channel: { host: '127.0.0.1:5000', path: 'ch' }, subdir: 'linux-64', layout: 'v0', hashed: false },
      identity: { name: 'cmake', version: '4.3', build: '0' },
    });
    expect(decodeReference(text, 'v1').identity?.name).toBe('make');
    const hash = `h${'0'.repeat(64)}`;
    expect(decodeReference(`oci://r.example/ch/noarch/${hash}:${hash}`)).toMatchObject({
      layout: 'v1',
      hashed: true,
      identity: undefined,
    });
  });

  it.each([
    'oci://r.example/ch/noarch/pkg',
    `oci://r.example/ch/noarch/pkg@sha256:${'0'.repeat(64)}`,
    'oci://r.example/noarch/pkg:1-0',
    'oci://r.example/ch/nosubdir/pkg:1-0',
    'oci://r.example/ch/noarch/repodata.json:latest',
  ])('to no package are refused: %s', (text) => {
    expect(() => decodeReference(text)).toThrow(failure('illegal-reference'));
  });
});
