import { beforeAll, describe, expect, it } from 'vitest';
import { createRegistryClient, type TransportEvent } from '../../packages/daemon/src/oci/client.ts';
import { createInstantClock } from '../../packages/daemon/src/oci/testing/instant-clock.ts';
import { type Certificate, createCertificate } from '../support/misbehaving-registry/index.ts';
import { HOSTILITIES, type Hostility } from '../support/hostile-registry/hostilities.ts';
import {
  type Login,
  openSource,
  SECRET_SOURCES,
  type SecretSource,
} from '../support/hostile-registry/secret-sources.ts';
import {
  everythingIn,
  type Known,
  OTHER_REPOSITORY,
  REPOSITORY,
  useEverything,
} from '../support/hostile-registry/use-everything.ts';
import { type RunningWorld, startWorld, WORLD_NAMES, type WorldName } from '../support/hostile-registry/worlds.ts';

/** A registry must not get a token for more than what was asked of it. */
const SCOPES = [
  `repository:${REPOSITORY}:pull`,
  `repository:${REPOSITORY}:pull,push`,
  `repository:${REPOSITORY}:delete`,
  `repository:${OTHER_REPOSITORY}:pull`,
  'registry:catalog:*',
];
/** For all fourteen things that are done, each with its rounds and tries. */
const MAX_REQUESTS = 250;

const WORLDS: readonly WorldName[] = ['on loopback without TLS', 'in the open with TLS'];

describe.each(WORLDS)('a hostile registry %s', (name) => {
  let certificate: Certificate;
  beforeAll(async () => {
    certificate = await createCertificate(WORLD_NAMES);
  });

  for (const hostility of HOSTILITIES) {
    it(`that ${hostility.name} gets no secret but its own, and none is written down`, async () => {
      await using world = await startWorld(name, certificate);
      const layer = { mediaType: 'application/octet-stream', bytes: Buffer.from('layer') };
      const { manifest, layers } = await world.registry.content.addArtifact(REPOSITORY, 'tag', [layer]);
      const known = { blob: layers[0]!.digest, manifest: manifest.digest };
      for (const behaviour of hostility.behaviours(world)) world.registry.use(behaviour);
      for (const [index, source] of SECRET_SOURCES.entries()) await meet(world, known, hostility, source, index);
    });
  }

  const meet = async (
    world: RunningWorld,
    known: Known,
    hostility: Hostility,
    source: SecretSource,
    index: number,
  ): Promise<void> => {
    const secretOf = (host: string): Login => ({
      host,
      username: `user${String(index)}`,
      secret: `s3cret/${String(index)}+${String(HOSTILITIES.indexOf(hostility))}-of-${host.replaceAll(/\W/g, '-')}`,
    });
    const own = secretOf(world.host);
    const others = ['127.0.0.1:5000', 'ghcr.io', new URL(world.trapOrigin).host].map(secretOf);
    using opened = await openSource(source, [own, ...others]);
    const network = world.network();
    const log: TransportEvent[] = [];
    const client = createRegistryClient({
      credentials: opened.credentials,
      ca: world.ca,
      clock: createInstantClock(Date.now()),
      userAgent: `source ${String(index)} of ${hostility.name}`.replaceAll(/[^\x20-\x7e]/g, ''),
      resolve: network.resolve,
      dial: network.dial,
      log: (event) => log.push(event),
    });
    const before = world.registry.requests.length;
    const options = opened.identity === undefined ? {} : { identity: opened.identity };
    const errors = await useEverything(client, world.host, known, options);
    const sessions = client.sessions();
    await client.close();
    const requests = world.registry.requests.slice(before);
    const about = `${source.name}, ${hostility.name}`;

    for (const { secret, username } of others) {
      expect(world.registry.leaksOf(secret, username), about).toEqual([]);
      // That of the trap's own host is the trap's: it may be asked for as a registry of its own, but not on behalf of this one.
      expect(world.trap.leaksOf(secret, username), about).toEqual([]);
    }
    if (hostility.ownsTrap !== true) expect(world.trap.leaksOf(own.secret, own.username), about).toEqual([]);
    const forbidden = network.dialled.filter(
      (one) => one !== world.address && !(hostility.follows === true && world.trapAddresses.includes(one)),
    );
    expect(forbidden, about).toEqual([]);

    const tokens = requests.flatMap(({ headers }) => /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? []);
    for (const token of new Set(tokens)) expect(world.trap.leaksOf(token), about).toEqual([]);
    const written = [
      ...log.map((event) => JSON.stringify(event)),
      ...errors.map(everythingIn),
      JSON.stringify(sessions),
    ];
    for (const secret of [own.secret, Buffer.from(`${own.username}:${own.secret}`).toString('base64'), ...tokens]) {
      expect(
        written.filter((text) => text.includes(secret)),
        about,
      ).toEqual([]);
    }
    const asked = requests.filter(({ kind }) => kind === 'token').flatMap(scopesOf);
    expect(
      asked.filter((scope) => !SCOPES.includes(scope)),
      about,
    ).toEqual([]);
    expect(requests.length, about).toBeLessThan(MAX_REQUESTS);
  };
});

function scopesOf({ method, query, body }: { method: string; query: URLSearchParams; body: Buffer }): string[] {
  const form = method === 'POST' ? new URLSearchParams(body.toString()) : query;
  return form.getAll('scope').flatMap((text) => text.split(' '));
}
