import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.ts';

const find = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.href;

describe('proxyFor', () => {
  const env = { HTTPS_PROXY: 'http://proxy.corp:3128', HTTP_PROXY: 'http://plain.corp:80' };

  it('chooses by scheme, lower case first', () => {
    expect(find('https://ghcr.io', env)).toBe('http://proxy.corp:3128/');
    expect(find('http://r.corp', env)).toBe('http://plain.corp/');
    expect(find('https://ghcr.io', { ...env, https_proxy: 'other:1' })).toBe('http://other:1/');
    expect(find('https://ghcr.io', {})).toBeUndefined();
    expect(find('https://ghcr.io', { HTTPS_PROXY: '' })).toBeUndefined();
  });

  it('never takes loopback through a proxy', () => {
    for (const url of ['http://127.0.0.1:5000', 'http://127.1.2.3', 'http://[::1]:5000', 'http://localhost:5000']) {
      expect(find(url, env), url).toBeUndefined();
    }
  });

  it.each([
    ['*', 'https://ghcr.io', false],
    ['ghcr.io', 'https://ghcr.io', false],
    ['GHCR.IO', 'https://ghcr.io', false],
    ['.corp', 'https://registry.corp', false],
    ['*.corp', 'https://a.registry.corp', false],
    ['corp', 'https://registry.corp', false],
    ['corp', 'https://mycorp', true],
    ['registry.corp:5000', 'https://registry.corp:5000', false],
    ['registry.corp:5000', 'https://registry.corp', true],
    ['registry.corp:443', 'https://registry.corp', false],
    ['10.0.0.0/8', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://11.1.2.3', true],
    ['10.0.0.0/99', 'https://10.1.2.3', true],
    ['fd00::/8', 'https://[fd00::1]', false],
    ['fd00::1', 'https://[fd00::1]:5000', false],
    ['[fd00::1]:5000', 'https://[fd00::1]:5000', false],
    ['a.com, ghcr.io b.com', 'https://ghcr.io', false],
    [',,', 'https://ghcr.io', true],
  ])('NO_PROXY=%s for %s: proxied %s', (noProxy, url, proxied) => {
    expect(find(url, { ...env, NO_PROXY: noProxy }) !== undefined).toBe(proxied);
  });

  it('refuses a proxy of another kind, and does not say its password', () => {
    const socks = { HTTPS_PROXY: 'socks5://user:hunter2@p.corp:1' };
    expect(() => find('https://ghcr.io', socks)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    expect(() => find('https://ghcr.io', socks)).not.toThrow(/hunter2/);
  });
});
