import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryClient, type FullRegistryClient } from '../../packages/daemon/src/oci/client.ts';
import { createInstantClock } from '../../packages/daemon/src/oci/testing/instant-clock.ts';
import { type HeldNetwork, holdNetwork } from '../support/hostile-registry/held-network.ts';
import {
  answerWith,
  bearerAuth,
  createCertificate,
  digestOf,
  json,
  type MisbehavingRegistry,
  redirectToOrigin,
  startMisbehavingRegistry,
} from '../support/misbehaving-registry/index.ts';

const SECRET = 'the-s3cret/of+mine';

/** Whoever is on the way to it can answer in its place: the user said that they do not mind, for this host alone. */
describe('a registry in the open that the user marked as insecure', () => {
  let registry: MisbehavingRegistry;
  let other: MisbehavingRegistry;
  let client: FullRegistryClient;
  let network: HeldNetwork;
  beforeEach(async () => {
    const certificate = await createCertificate(['other.example']);
    registry = await startMisbehavingRegistry({ address: '127.0.0.2' });
    const gives = answerWith(json(200, { token: 'x'.repeat(20) }), { kind: 'token' });
    other = await startMisbehavingRegistry({ address: '127.0.0.3', tls: certificate, behaviours: [gives] });
    network = holdNetwork({
      names: { 'plain.example': ['203.0.113.9'], 'other.example': ['198.51.100.9'] },
      played: { '203.0.113.9:80': registry.host, '198.51.100.9:443': other.host },
    });
    client = createRegistryClient({
      credentials: {
        find: () => Promise.resolve({ kind: 'basic', username: 'me', secret: SECRET, source: 'a file' }),
      },
      insecureHosts: ['plain.example'],
      ca: certificate.cert,
      clock: createInstantClock(),
      resolve: network.resolve,
      dial: network.dial,
    });
  });
  afterEach(async () => {
    await client.close();
    await registry.stop();
    await other.stop();
  });

  const ask = () =>
    client
      .headBlob({ host: 'plain.example', name: 'a/b' }, digestOf(Buffer.from('x')))
      .catch((error: unknown) => error);

  it('sends nobody else the secret whom it names as its token server', async () => {
    registry.use(bearerAuth({ realm: 'https://other.example/token' }));
    await ask();
    expect(other.requests.filter(({ kind }) => kind === 'token').length).toBeGreaterThan(0);
    expect(other.leaksOf(SECRET, 'me')).toEqual([]);
  });

  it('sends nobody to another host without TLS', async () => {
    registry.use(bearerAuth({ realm: 'http://other.example/token' }));
    expect(await ask()).toMatchObject({ code: 'insecure' });
    expect(network.dialled).toEqual(['203.0.113.9:80']);
  });

  it('gets the secret at a token server of its own', async () => {
    const credentials = { username: 'me', password: SECRET };
    registry.use(bearerAuth({ realm: 'http://plain.example/token', credentials }));
    expect(await ask()).toBeUndefined();
    expect(registry.leaksOf(SECRET, 'me')).not.toEqual([]);
  });

  it('leads no secret along to where it redirects', async () => {
    registry.use(
      bearerAuth({ realm: 'http://plain.example/token', credentials: { username: 'me', password: SECRET } }),
    );
    registry.use(redirectToOrigin('https://other.example', { kind: 'blob' }));
    await ask();
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.leaksOf(SECRET, 'me')).toEqual([]);
    expect(other.requests.flatMap(({ headers }) => headers.authorization ?? [])).toEqual([]);
  });
});
