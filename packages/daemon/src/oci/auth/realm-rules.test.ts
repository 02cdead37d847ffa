import { describe, expect, it } from 'vitest';
import { acceptRealm } from './realm-rules.ts';

const accept = (realm: string, registry: string, registryClass: 'public' | 'private' | 'loopback' | 'link-local') =>
  acceptRealm({ realm, registry: new URL(registry), registryClass });

describe('acceptRealm', () => {
  it.each([
    ['https://auth.docker.io/token', 'https://registry-1.docker.io', 'public', true],
    ['https://10.0.0.6/token', 'https://10.0.0.5', 'private', true],
    ['https://auth.corp/token', 'https://registry.corp', 'private', true],
    ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000', 'loopback', true],
    ['http://localhost:5001/token', 'http://127.0.0.1:5000', 'loopback', true],
    ['https://auth.example/token', 'http://127.0.0.1:5000', 'loopback', true],
    // Marked as insecure by the user: its own host may be plain, others get no secret.
    ['http://registry.corp/token', 'http://registry.corp', 'private', true],
    ['https://auth.corp/token', 'http://registry.corp', 'private', false],
  ] as const)('takes %s from %s (%s); credentials: %s', (realm, registry, registryClass, takesCredentials) => {
    expect(accept(realm, registry, registryClass)).toMatchObject({ url: new URL(realm), takesCredentials });
  });

  it.each([
    ['http://auth.example/token', 'https://registry.example', 'public', 'TLS'],
    ['http://auth.corp/token', 'http://registry.corp', 'private', 'TLS'],
    ['http://registry.example/token', 'https://registry.example', 'public', 'TLS'],
    ['https://127.0.0.1/token', 'https://registry.example', 'public', 'loopback'],
    ['https://localhost/token', 'https://registry.example', 'public', 'loopback'],
    ['https://[::ffff:127.0.0.1]/token', 'https://registry.example', 'public', 'loopback'],
    ['https://10.1.2.3/token', 'https://registry.example', 'public', 'private'],
    // Other spellings of 127.0.0.1, 10.0.0.1 and 169.254.169.254.
    ['https://2130706433/token', 'https://registry.example', 'public', 'loopback'],
    ['https://0177.0.0.1/token', 'https://registry.example', 'public', 'loopback'],
    ['https://127.1/token', 'https://registry.example', 'public', 'loopback'],
    ['https://127.0.0.1./token', 'https://registry.example', 'public', 'loopback'],
    ['https://0x0a.1/token', 'https://registry.example', 'public', 'private'],
    ['https://0xa9fea9fe/token', 'https://registry.example', 'public', 'link-local'],
    ['https://[::ffff:a9fe:a9fe]/token', 'https://registry.example', 'public', 'link-local'],
    ['https://[64:ff9b::a00:1]/token', 'https://registry.example', 'public', 'private'],
    ['https://[fd12:3456::1]/token', 'https://registry.example', 'public', 'private'],
    ['https://１２７.0.0.1/token', 'https://registry.example', 'public', 'loopback'],
    ['https://169.254.169.254/latest', 'https://registry.example', 'public', 'link-local'],
    ['https://169.254.169.254/latest', 'https://10.0.0.5', 'private', 'link-local'],
    ['https://127.0.0.1/token', 'https://10.0.0.5', 'private', 'loopback'],
    ['http://169.254.169.254/latest', 'http://127.0.0.1:5000', 'loopback', 'TLS'],
    ['https://0.0.0.0/token', 'https://registry.example', 'public', 'special'],
    ['https://user:pw@auth.example/token', 'https://registry.example', 'public', 'user name'],
    ['ftp://auth.example/token', 'https://registry.example', 'public', 'no web address'],
    ['/token', 'https://registry.example', 'public', 'read'],
    [`https://auth.example/${'x'.repeat(3000)}`, 'https://registry.example', 'public', 'read'],
  ] as const)('refuses %s from %s (%s)', (realm, registry, registryClass, why) => {
    expect(() => accept(realm, registry, registryClass)).toThrow(
      expect.objectContaining({ code: 'insecure', message: expect.stringContaining(why) as string }),
    );
  });

  it('allows the addresses of the open network, and those where the registry is', () => {
    expect(accept('https://a.example/t', 'https://r.example', 'public').allowed).toEqual(['public']);
    expect(accept('https://a.example/t', 'https://r.example', 'private').allowed).toEqual(['public', 'private']);
  });
});
