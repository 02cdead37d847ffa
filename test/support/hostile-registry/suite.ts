import { beforeAll, describe, expect, it } from 'vitest';
import type { Credentials } from '../../../packages/daemon/src/credentials/index.ts';
import { createRegistryClient, type TransportEvent } from '../../../packages/daemon/src/oci/client.ts';
import { createInstantClock } from '../../../packages/daemon/src/oci/testing/instant-clock.ts';
import { type Certificate, createCertificate, type SeenRequest } from '../misbehaving-registry/index.ts';
import { HOSTILITIES, type Hostility } from './hostilities.ts';
import { type Login, openSource, SECRET_SOURCES, type SecretSource } from './secret-sources.ts';
import { everythingIn, OTHER_REPOSITORY, REPOSITORY, useEverything } from './use-everything.ts';
import { type RunningWorld, startWorld, WORLD_NAMES, type WorldName } from './worlds.ts';

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

/** Every hostility of a registry that stands there, against every source of secrets. */
export function describeHostileRegistry(name: WorldName): void {
  describe(`a hostile registry ${name}`, () => {
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
        const network = world.network();
        const log: TransportEvent[] = [];
        let current: Credentials | undefined;
        const client = createRegistryClient({
          credentials: {
            find: (query) => current!.find(query),
            explain: (host) => current?.explain(host),
            rotated: async (query, previous, secret) => current?.rotated?.(query, previous, secret),
          },
          ca: world.ca,
          clock: createInstantClock(Date.now()),
          resolve: network.resolve,
          dial: network.dial,
          log: (event) => log.push(event),
        });
        try {
          for (const [index, source] of SECRET_SOURCES.entries()) {
            const logins = loginsFor(world, `${String(HOSTILITIES.indexOf(hostility))}.${String(index)}`);
            using opened = await openSource(source, Object.values(logins));
            current = opened.credentials;
            const before = world.registry.requests.length;
            log.length = 0;
            const options = opened.identity === undefined ? {} : { identity: opened.identity };
            const errors = await useEverything(client, world.host, known, options);
            const written = [...log, client.sessions()]
              .map((one) => JSON.stringify(one))
              .concat(errors.map(everythingIn));
            client.forget();
            judge({ world, hostility, source, logins, written, requests: world.registry.requests.slice(before) });
          }
        } finally {
          await client.close();
        }
        const reachable = [world.address, ...(hostility.follows === true ? world.trapAddresses : [])];
        expect(network.dialled.filter((one) => !reachable.includes(one))).toEqual([]);
      });
    }
  });
}

interface Logins {
  own: Login;
  /** For a registry on this machine, a public one, and the attacker's other host. */
  near: Login;
  far: Login;
  trap: Login;
}

/** No two are alike, so that each can be told wherever it turns up. */
function loginsFor(world: RunningWorld, mark: string): Logins & Record<string, Login> {
  const login = (host: string): Login => ({
    host,
    username: `user-${mark}`,
    secret: `s3cret/${mark}+of-${host.replaceAll(/\W/g, '-')}`,
  });
  return {
    own: login(world.host),
    near: login('127.0.0.1:5000'),
    far: login('ghcr.io'),
    trap: login(new URL(world.trapOrigin).host),
  };
}

interface Evidence {
  world: RunningWorld;
  hostility: Hostility;
  source: SecretSource;
  logins: Logins;
  /** Log lines, errors, sessions. */
  written: readonly string[];
  requests: readonly SeenRequest[];
}

function judge({ world, hostility, source, logins, written, requests }: Evidence): void {
  const { registry, trap } = world;
  const { own } = logins;
  const says = `with the secret of ${source.name}`;
  for (const { secret, username } of [logins.near, logins.far, logins.trap]) {
    expect(registry.leaksOf(secret, username), says).toEqual([]);
    // That of the trap is for those who ask the trap itself, not for whom this registry sends there.
    expect(trap.leaksOf(secret, username), says).toEqual([]);
  }
  if (hostility.ownsTrap?.(world) !== true) expect(trap.leaksOf(own.secret, own.username), says).toEqual([]);
  // Else all of this would prove nothing.
  if (hostility.getsOwn === true && source.kind !== 'none') {
    expect(registry.leaksOf(own.secret, own.username), says).not.toEqual([]);
  }
  const tokens = requests.flatMap(({ headers }) => /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? []);
  for (const token of new Set(tokens)) expect(trap.leaksOf(token), says).toEqual([]);

  const basic = Buffer.from(`${own.username}:${own.secret}`).toString('base64');
  const secrets = [...new Set([own.secret, encodeURIComponent(own.secret), basic, ...tokens])];
  expect(
    written.filter((text) => secrets.some((secret) => text.includes(secret))),
    says,
  ).toEqual([]);
  const scopes = requests.filter(({ kind }) => kind === 'token').flatMap(scopesOf);
  expect(
    scopes.filter((scope) => !SCOPES.includes(scope)),
    says,
  ).toEqual([]);
  expect(requests.length, says).toBeLessThan(MAX_REQUESTS);
}

function scopesOf({ method, query, body }: SeenRequest): string[] {
  const form = method === 'POST' ? new URLSearchParams(body.toString()) : query;
  return form.getAll('scope').flatMap((text) => text.split(' '));
}
