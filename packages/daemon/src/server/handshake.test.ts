import { clientHandshake } from '@condock/protocol';
import { methods } from '@condock/protocol/schemas';
import { describe, expect, it } from 'vitest';
import { createHandshake } from './handshake.ts';

const token = 'a'.repeat(64);
const daemon = { version: '1', pid: 2 };
const client = { name: 'n', version: 'v' };
const good = { protocol: { major: 1, minor: 0 }, client, nonce: 'b'.repeat(64) };

describe('the handshake', () => {
  it('lets in a client that has the token, and proves the daemon to it', async () => {
    const server = createHandshake(token, daemon);
    const answer = await clientHandshake({
      token,
      client,
      initialize: (params) => Promise.resolve(server.initialize(params)),
      authenticate: (params) => Promise.resolve(server.authenticate(params)),
    });
    expect(methods.initialize.result.safeParse(answer).success).toBe(true);
    expect(server.isComplete).toBe(true);
    expect(server.peer).toMatchObject(client);
  });

  it('shows an impostor nothing but a nonce', async () => {
    const impostor = createHandshake('f'.repeat(64), daemon);
    let authenticated = false;
    const attempt = clientHandshake({
      token,
      client,
      initialize: (params) => Promise.resolve(impostor.initialize(params)),
      authenticate: () => Promise.resolve((authenticated = true)),
    });
    await expect(attempt).rejects.toMatchObject({ code: 'insecure' });
    expect(authenticated).toBe(false);
  });

  it('does not take its own proof, or that of another connection, for a client', () => {
    const server = createHandshake(token, daemon);
    const { proof } = server.initialize(good);
    expect(() => server.authenticate({ proof })).toThrow(/proof does not fit/);
    expect(server.isComplete).toBe(false);
  });

  it('comes in its order', () => {
    const server = createHandshake(token, daemon);
    expect(() => server.authenticate({ proof: token })).toThrow(/first messages/);
    server.initialize(good);
    expect(() => server.initialize(good)).toThrow(/already/);
  });

  // The checks by hand stand for the schemas, which are not loaded yet when a daemon gives its first answer.
  it.each([
    good,
    { ...good, more: 1 },
    undefined,
    [],
    { ...good, nonce: 'B'.repeat(64) },
    { ...good, nonce: 'b'.repeat(63) },
    { ...good, client: { name: 'n' } },
    { ...good, client: { name: 'n'.repeat(201), version: 'v' } },
    { ...good, protocol: { major: 1.5, minor: 0 } },
    { ...good, protocol: '1' },
  ])('takes what the schema takes, and nothing else (%#)', (params) => {
    const attempt = () => createHandshake(token, daemon).initialize(params);
    if (methods.initialize.params.safeParse(params).success) expect(attempt().proof).toHaveLength(64);
    else expect(attempt).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
  });
});
