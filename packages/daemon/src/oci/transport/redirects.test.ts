import { describe, expect, it } from 'vitest';
import { nextHop } from './redirects.ts';

const hop = (
  location: string | undefined,
  from = 'https://registry.example/v2/a/blobs/x',
  registryClass: 'public' | 'private' | 'loopback' = 'public',
) =>
  nextHop({
    from: new URL(from),
    location,
    registry: new URL(new URL(from).origin),
    registryClass,
    mayBePlain: (host) => host.startsWith('127.') || host === 'plain.corp',
  });

describe('nextHop', () => {
  it('follows relative and absolute locations', () => {
    expect(hop('/other').url.href).toBe('https://registry.example/other');
    expect(hop('?a=b').url.href).toBe('https://registry.example/v2/a/blobs/x?a=b');
    expect(hop('https://cdn.example/signed?sig=1').url.href).toBe('https://cdn.example/signed?sig=1');
    expect(hop('http://127.0.0.2:9/x', 'http://127.0.0.1:5000/v2/', 'loopback').url.port).toBe('9');
  });

  it.each([
    ['http://cdn.example/x', 'https://registry.example/', 'public', 'gives up TLS'],
    ['http://registry.example/x', 'https://registry.example/', 'public', 'gives up TLS'],
    ['http://cdn.example/x', 'http://plain.corp/', 'private', 'does not use TLS'],
    ['https://127.0.0.1/x', 'https://registry.example/', 'public', 'loopback'],
    ['https://192.168.1.1/x', 'https://registry.example/', 'public', 'private'],
    ['https://[fe80::1]/x', 'https://registry.example/', 'public', 'link-local'],
    ['https://169.254.169.254/x', 'http://127.0.0.1:1/', 'loopback', 'link-local'],
    ['https://u:p@cdn.example/x', 'https://registry.example/', 'public', 'user name'],
    ['file:///etc/passwd', 'https://registry.example/', 'public', 'web address'],
  ] as const)('refuses %s from %s', (location, from, registryClass, why) => {
    expect(() => hop(location, from, registryClass)).toThrow(
      expect.objectContaining({ code: 'insecure', message: expect.stringContaining(why) as string }),
    );
  });

  it('refuses a redirect to nowhere', () => {
    for (const location of [undefined, 'https://', 'x'.repeat(20_000)]) {
      expect(() => hop(location)).toThrow(expect.objectContaining({ code: 'registry-error' }));
    }
  });
});
