import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentListing, EnvironmentPackage } from '@condock/protocol';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CondockHome, createCondockHome } from './support/condock.ts';
import { type DockerRegistry, dockerRegistryOrSay, startDockerRegistry } from './support/docker-registry.ts';
import { fixturesOrSay } from './support/fixtures.ts';
import { buildStandIns, recordWithStandIn, type StandIns, withStandIns } from './support/stand-ins.ts';

const suite = 'real environments against docker-registry';
const programs = dockerRegistryOrSay(suite);
const fixtures = fixturesOrSay(suite);
const USER = { username: 'emil', password: 'correct horse' };
/** Locks with hundreds of packages: they are listed and asked for, but not rebuilt. */
const LARGE = /^(?:jupyterlab|pixi-build-cpp|conda-lock-v1|v4-python)/;

const packagesOf = (listing: EnvironmentListing): EnvironmentPackage[] =>
  listing.environments.flatMap(({ packages }) => packages);
const condaOf = (listing: EnvironmentListing): EnvironmentPackage[] =>
  packagesOf(listing).filter(
    ({ kind, fileName, channel }) => kind === 'conda' && fileName !== null && channel !== null,
  );
const count = (listing: EnvironmentListing): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { state } of packagesOf(listing)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

describe.skipIf(programs === undefined || fixtures === undefined).each([
  ['anonymous', undefined],
  ['htpasswd', USER],
])('real environments and docker-registry (%s)', (_, user) => {
  let registry: DockerRegistry;
  let home: CondockHome;
  let folder: string;
  let prefix: string;
  let standIns: StandIns;
  const locks: string[] = [];

  const show = async (path: string, ...more: string[]): Promise<EnvironmentListing> =>
    (await home.succeed(['env', 'show', path, '--json', ...more])).json() as EnvironmentListing;

  beforeAll(async () => {
    registry = await startDockerRegistry(user === undefined ? {} : { htpasswd: user });
    home = createCondockHome();
    folder = await mkdtemp(join(tmpdir(), 'condock-environments-'));
    const forge = JSON.stringify(`oci://${registry.host}/forge`);
    await home.configure(
      [
        '[mirrors]',
        `"https://conda.anaconda.org/conda-forge" = [${forge}]`,
        `"https://prefix.dev/conda-forge" = [${forge}]`,
        `"https://repo.anaconda.com/pkgs/main" = [${forge}]`,
      ].join('\n'),
    );
    if (user !== undefined) {
      await home.succeed(['login', registry.host, '-u', user.username, '--keep', 'file'], {
        stdin: `${user.password}\n`,
      });
    }
    prefix = join(folder, 'prefix');
    await mkdir(join(prefix, 'conda-meta'), { recursive: true });
    for (const name of await readdir(join(fixtures!, 'conda-meta'))) {
      await writeFile(join(prefix, 'conda-meta', name), await readFile(join(fixtures!, 'conda-meta', name)));
    }
    for (const name of (await readdir(join(fixtures!, 'locks'))).sort()) {
      // Each request costs the registry a bcrypt.
      if (user === undefined || !LARGE.test(name)) locks.push(join(fixtures!, 'locks', name));
    }
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await registry.stop();
    await rm(folder, { recursive: true });
  });

  it('lists every entry of every lock with a reference or with its reason, and asks for each that can be had', async () => {
    for (const path of locks) {
      const listing = await show(path);
      expect(packagesOf(listing).length, path).toBe(entriesOf(await readFile(path, 'utf8')));
      for (const one of packagesOf(listing)) {
        if (one.state === 'absent') expect(one.reference).toBe(referenceOf(one, registry.host));
        else expect(one.error?.message, `${path}: ${one.name} is ${one.state}`).toBeTruthy();
        expect(['absent', 'unsupported-source', 'unmapped-channel']).toContain(one.state);
      }
    }
  });

  it('lists an installed prefix, whatever its records call their channel', async () => {
    const listing = await show(prefix);
    expect(listing).toMatchObject({ kind: 'prefix', warnings: [], environments: [{ platform: 'osx-arm64' }] });
    expect(count(listing)).toEqual({ absent: (await readdir(join(prefix, 'conda-meta'))).length });
    for (const one of packagesOf(listing)) expect(one.reference).toBe(referenceOf(one, registry.host));
  });

  it('tells other bytes, and the other format, from the package that was meant', async () => {
    const listed = [await show(prefix, '--no-check')];
    for (const path of locks) if (!LARGE.test(path.split('/').at(-1)!)) listed.push(await show(path, '--no-check'));
    standIns = await buildStandIns(listed.flatMap(condaOf), join(folder, 'stand-ins'));
    expect(standIns.size).toBeGreaterThan(40);
    const files = [...standIns.values()].map(({ path }) => path);
    await home.succeed(['publish', ...files, '--to', `oci://${registry.host}/forge`]);
    const listing = await show(prefix);
    expect(count(listing)).toEqual({ 'digest-mismatch': packagesOf(listing).length });
    const refused = await home.run(['prefetch', prefix, '--json']);
    expect(refused.code).toBe(1);
    expect(refused.json()).toMatchObject({ fetched: 0, cached: 0, bytes: 0 });
  });

  it('brings an installed prefix in, verified, and knows it by its digests from then on', async () => {
    const owned = join(folder, 'owned');
    await mkdir(join(owned, 'conda-meta'), { recursive: true });
    for (const name of await readdir(join(prefix, 'conda-meta'))) {
      const text = await readFile(join(prefix, 'conda-meta', name), 'utf8');
      await writeFile(join(owned, 'conda-meta', name), recordWithStandIn(text, standIns));
    }
    const before = await show(owned);
    const { length } = packagesOf(before);
    expect(count(before)).toEqual({ available: length });
    const fetched = (await home.succeed(['prefetch', owned, '--json'])).json();
    const bytes = packagesOf(before).reduce((sum, { size }) => sum + (size ?? 0), 0);
    expect(fetched).toMatchObject({ requested: length, fetched: length, cached: 0, failed: [], bytes });
    expect(count(await show(owned))).toEqual({ cached: length });
    expect(count(await show(owned, '--no-check'))).toEqual({ cached: length });
    expect((await home.succeed(['prefetch', owned, '--json'])).json()).toMatchObject({ cached: length, bytes: 0 });

    const { url } = packagesOf(before)[0]!;
    const inside = (await home.succeed(['show', url!, '--json'])).json();
    expect(inside).toMatchObject({ from: 'info-layer', index: { name: packagesOf(before)[0]!.name } });
  });

  it('brings in what each lock can have, and says what it can not', async () => {
    for (const path of locks) {
      const name = path.split('/').at(-1)!;
      if (LARGE.test(name)) continue;
      const owned = join(folder, name);
      await writeFile(owned, withStandIns(await readFile(path, 'utf8'), standIns));
      const before = await show(owned);
      const states = count(before);
      const wanted = packagesOf(before).filter(({ state }) => state === 'available' || state === 'cached');
      const done = await home.run(['prefetch', owned, '--json']);
      const report = done.json() as { requested: number; fetched: number; cached: number; failed: { state: string }[] };
      expect(report.fetched + report.cached, name).toBe(new Set(wanted.map(({ digest }) => digest)).size);
      expect(report.requested).toBe(report.fetched + report.cached + report.failed.length);
      expect(done.code, name).toBe(report.failed.length === 0 ? 0 : report.failed.length === report.requested ? 1 : 3);
      for (const { state } of report.failed) expect(Object.keys(states)).toContain(state);
      expect(count(await show(owned)).cached ?? 0, name).toBe(wanted.length);
    }
    expect((await home.succeed(['cache', 'verify', '--json'])).json()).toMatchObject({ bad: [] });
  });
});

/** Layout v0, said once more: as the mirror's documents say it, and not as the code under test does. */
function referenceOf({ name, version, build, subdir }: EnvironmentPackage, host: string): string {
  const escape = (text: string): string =>
    text.split('+').join('__p__').split('!').join('__e__').split('=').join('__eq__');
  return `oci://${host}/forge/${subdir}/${name.startsWith('_') ? 'zzz' : ''}${name}:${escape(version)}-${escape(build)}`;
}

/** How many packages a lock lists, over its environments and platforms; read by a YAML library alone. */
function entriesOf(text: string): number {
  const lock = load(text) as {
    package?: unknown[];
    environments?: Record<string, { packages?: Record<string, unknown[]> }>;
  };
  if (lock.package !== undefined) return lock.package.length;
  return Object.values(lock.environments ?? {})
    .flatMap(({ packages }) => Object.values(packages ?? {}))
    .reduce((sum, list) => sum + list.length, 0);
}
