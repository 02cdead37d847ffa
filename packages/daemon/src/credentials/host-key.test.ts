import { describe, expect, it } from 'vitest';
import { formatHostKey, helperServer, matchHostKey, mostSpecific, normalizeHost, parseHostKey } from './host-key.ts';

describe('host keys', () => {
  it('reads every spelling that docker and podman have written', () => {
    expect(parseHostKey('ghcr.io')).toEqual({ host: 'ghcr.io' });
    expect(parseHostKey('127.0.0.1:5000')).toEqual({ host: '127.0.0.1:5000' });
    expect(parseHostKey('[::1]:5000')).toEqual({ host: '[::1]:5000' });
    expect(parseHostKey('https://Registry.Corp/')).toEqual({ host: 'registry.corp' });
    expect(parseHostKey('https://registry.corp/v1/')).toEqual({ host: 'registry.corp' });
    expect(parseHostKey('http://registry.corp:5000/v2/')).toEqual({ host: 'registry.corp:5000' });
    expect(parseHostKey('quay.io/user/image')).toEqual({ host: 'quay.io', namespace: 'user/image' });
    expect(parseHostKey('https://index.docker.io/v1/')).toEqual({ host: 'docker.io' });
    expect(parseHostKey('index.docker.io/v1')).toEqual({ host: 'docker.io' });
  });

  it('takes a namespace called v2 for what it is', () => {
    expect(parseHostKey('quay.io/v2')).toEqual({ host: 'quay.io', namespace: 'v2' });
  });

  it.each(['', '/', 'https://', 'a b', 'user@host', 'host:port', 'host/../x', 'ftp://host', 'ho$t', 'host//x', '*'])(
    'matches no registry with the key "%s"',
    (key) => {
      expect(parseHostKey(key)).toBeUndefined();
    },
  );

  it('compares the port exactly and knows Docker Hub under all its names', () => {
    expect(matchHostKey({ host: 'h:5000' }, 'h', undefined)).toBeUndefined();
    expect(matchHostKey({ host: 'h' }, 'h:5000', undefined)).toBeUndefined();
    expect(matchHostKey({ host: 'docker.io' }, 'registry-1.docker.io', 'a/b')).toBe(0);
    expect(matchHostKey({ host: 'evil-docker.io' }, 'docker.io', undefined)).toBeUndefined();
    expect(normalizeHost('GHCR.io')).toBe('ghcr.io');
    expect(helperServer('registry-1.docker.io')).toBe('https://index.docker.io/v1/');
    expect(helperServer('ghcr.io')).toBe('ghcr.io');
  });

  it('lets the most specific namespace win, on whole segments only', () => {
    const keyed = ['quay.io', 'quay.io/team', 'quay.io/team/secret'].map((k) => ({ key: parseHostKey(k)!, name: k }));
    expect(mostSpecific(keyed, 'quay.io', 'team/secret/pkg')?.name).toBe('quay.io/team/secret');
    expect(mostSpecific(keyed, 'quay.io', 'team/secrets')?.name).toBe('quay.io/team');
    expect(mostSpecific(keyed, 'quay.io', 'teams/x')?.name).toBe('quay.io');
    expect(mostSpecific(keyed, 'quay.io', undefined)?.name).toBe('quay.io');
    expect(mostSpecific(keyed.slice(1), 'quay.io', undefined)).toBeUndefined();
    expect(formatHostKey({ host: 'quay.io', namespace: 'team' })).toBe('quay.io/team');
  });
});
