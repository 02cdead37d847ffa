import { describe, expect, it } from 'vitest';
import { isLoopbackHost, parseHost } from './host.ts';

describe('parseHost', () => {
  it.each([
    ['ghcr.io', 'ghcr.io', undefined],
    ['GHCR.io:443', 'ghcr.io', 443],
    ['127.0.0.1:5000', '127.0.0.1', 5000],
    ['[::1]:5000', '::1', 5000],
    ['[FE80::1]', 'fe80::1', undefined],
    ['my_registry.local', 'my_registry.local', undefined],
    ['localhost', 'localhost', undefined],
  ])('reads %s', (text, hostname, port) => {
    expect(parseHost(text)).toEqual({ hostname, port });
  });

  it.each([
    '',
    ':5000',
    'a:0',
    'a:65536',
    'a:b',
    'u@h',
    'a/b',
    '::1',
    '[::1',
    '[127.0.0.1]',
    '[fe80::1%eth0]',
    'a..b',
    '-a',
    'a b',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.4.5',
    'a?b',
    'é.com',
  ])('refuses %j', (text) => {
    expect(parseHost(text)).toBeUndefined();
  });
});

describe('isLoopbackHost', () => {
  it('knows 127.0.0.0/8, ::1 in any spelling and localhost, and nothing that only looks so', () => {
    for (const host of ['127.0.0.1', '127.9.8.7:80', '[::1]:1', '[0:0::1]', 'LOCALHOST:5000']) {
      expect(isLoopbackHost(host), host).toBe(true);
    }
    for (const host of ['128.0.0.1', '10.0.0.1', '[::2]', 'localhost.evil.com', '127.0.0.1.evil.com', '127.evil.com']) {
      expect(isLoopbackHost(host), host).toBe(false);
    }
  });
});
