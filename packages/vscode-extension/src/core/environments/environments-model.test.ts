import { CondockError, type EnvironmentListing, type EnvironmentPackage } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { examplePackage } from '../testing/example-package.ts';
import { createEnvironmentsModel, type EnvironmentSource } from './environments-model.ts';

const target = { path: '/w', environment: 'default', platform: 'linux-64' };

const listing = (packages: EnvironmentPackage[]): EnvironmentListing => ({
  ...{ path: '/w', kind: 'pixi-workspace', warnings: [] },
  environments: [{ name: 'default', platform: 'linux-64', packages }],
});

/** A daemon whose registries answer when the test says so. */
function fakeSource(local: EnvironmentPackage[], checked: EnvironmentPackage[]) {
  const asked: string[] = [];
  const watched: string[] = [];
  let release: (() => void) | undefined;
  const source: EnvironmentSource = {
    discover: () => Promise.resolve({ environments: [], warnings: [] }),
    show: async (_, { check, signal }) => {
      asked.push(check ? 'registries' : 'store');
      if (!check) return listing(local);
      await new Promise<void>((resolve, reject) => {
        release = resolve;
        signal.addEventListener('abort', () => reject(new CondockError('cancelled', 'x')));
      });
      return listing(checked);
    },
    watch: (path) => {
      watched.push(path);
      return Promise.resolve();
    },
  };
  return { source, asked, watched, answer: () => release?.() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the model of environments', () => {
  it('shows what the store knows while registries are asked, then what they say, and watches the path', async () => {
    const fake = fakeSource([examplePackage('a', { state: 'unchecked' })], [examplePackage('a')]);
    const model = createEnvironmentsModel(fake.source, { mayCheck: () => true });
    const seen: string[] = [];
    model.onDidChange(() => {
      const now = model.get(target);
      seen.push(`${now?.status ?? ''} ${now?.packages[0]?.state ?? ''}`);
    });
    const work = model.load(target);
    await turn();
    fake.answer();
    expect((await work).status).toBe('complete');
    expect(seen).toEqual(['loading ', 'listed unchecked', 'complete available']);
    expect(fake.watched).toEqual(['/w']);
  });

  it('asks no registry where it may not', async () => {
    const fake = fakeSource([examplePackage('a', { state: 'unchecked' })], []);
    const model = createEnvironmentsModel(fake.source, { mayCheck: () => false });
    expect((await model.load(target)).status).toBe('complete');
    expect(fake.asked).toEqual(['store']);
  });

  it('keeps what registries said while they are asked again, and lets go of the earlier question', async () => {
    const fake = fakeSource([examplePackage('a', { state: 'unchecked' })], [examplePackage('a', { state: 'absent' })]);
    const model = createEnvironmentsModel(fake.source, { mayCheck: () => true });
    const first = model.load(target);
    await turn();
    fake.answer();
    await first;
    const again = model.load(target, { again: true });
    await turn();
    expect(model.get(target)?.packages[0]?.state).toBe('absent');
    const third = model.load(target, { again: true });
    await turn();
    fake.answer();
    expect((await third).status).toBe('complete');
    await again;
    expect(fake.asked.filter((who) => who === 'registries')).toHaveLength(3);
  });

  it('asks no registry where nothing is open', async () => {
    const fake = fakeSource([examplePackage('a', { state: 'cached' })], []);
    const model = createEnvironmentsModel(fake.source, { mayCheck: () => true });
    expect((await model.load(target)).status).toBe('complete');
    expect(fake.asked).toEqual(['store']);
  });

  it('keeps the very list where the same is listed again, errors included, and makes another where one entry differs', async () => {
    const absent = () =>
      examplePackage('a', { state: 'absent', error: { code: 'not-found', message: 'It is not there.' } });
    let listed = [absent(), examplePackage('b')];
    const source: EnvironmentSource = {
      discover: () => Promise.resolve({ environments: [], warnings: [] }),
      show: (_, { check }) =>
        Promise.resolve(listing(listed.map((entry) => (check ? entry : { ...entry, state: 'unchecked' as const })))),
      watch: () => Promise.resolve(),
    };
    const model = createEnvironmentsModel(source, { mayCheck: () => true });
    const { packages } = await model.load(target);
    listed = [absent(), examplePackage('b')];
    expect((await model.load(target, { again: true })).packages).toBe(packages);
    listed = [absent(), examplePackage('b', { state: 'cached' })];
    expect((await model.load(target, { again: true })).packages).not.toBe(packages);
  });

  it('follows the store: asks no registry about what is still known, and asks about what went', async () => {
    const all = new Map<string, EnvironmentPackage['state']>([
      ['a', 'unchecked'],
      ['b', 'unchecked'],
      ['c', 'cached'],
    ]);
    const asked: string[] = [];
    const source: EnvironmentSource = {
      discover: () => Promise.resolve({ environments: [], warnings: [] }),
      show: (_, { check }) => {
        asked.push(check ? 'registries' : 'store');
        const entries = [...all].map(([name, state]) =>
          examplePackage(name, { state: check && state === 'unchecked' ? 'available' : state }),
        );
        return Promise.resolve(listing(entries));
      },
      watch: () => Promise.resolve(),
    };
    const model = createEnvironmentsModel(source, { mayCheck: () => true });
    const states = () => model.get(target)?.packages.map(({ state }) => state);
    const statuses: (string | undefined)[] = [];
    await model.load(target);
    asked.length = 0;
    model.onDidChange(() => statuses.push(model.get(target)?.status));
    all.set('a', 'cached');
    const first = model.follow();
    all.set('b', 'cached');
    await Promise.all([first, model.follow(), model.follow()]);
    expect(states()).toEqual(['cached', 'cached', 'cached']);
    expect(asked).toEqual(['store', 'store']);
    expect(statuses).toEqual(['complete', 'complete']);
    all.set('c', 'unchecked');
    await model.follow();
    expect(states()).toEqual(['cached', 'cached', 'available']);
    expect(asked).toEqual(['store', 'store', 'store', 'registries']);
  });

  it('keeps the very list of what was found where the same is found again', async () => {
    const found = { path: '/w', kind: 'pixi-lock' as const, names: [], platforms: [], note: null };
    let environments = [found];
    const source: EnvironmentSource = {
      discover: () => Promise.resolve({ environments: environments.map((one) => ({ ...one })), warnings: [] }),
      show: () => Promise.resolve(listing([])),
      watch: () => Promise.resolve(),
    };
    const model = createEnvironmentsModel(source, { mayCheck: () => true });
    await model.discover({ folders: ['/w'], machine: false });
    const before = model.found;
    await model.discover({ folders: ['/w'], machine: false });
    expect(model.found).toBe(before);
    environments = [found, { ...found, path: '/v' }];
    await model.discover({ folders: ['/w'], machine: false });
    expect(model.found).toHaveLength(2);
  });

  it('does not ask twice for what is being asked', async () => {
    const fake = fakeSource([], []);
    const model = createEnvironmentsModel(fake.source, { mayCheck: () => false });
    await Promise.all([model.load(target), model.load(target)]);
    expect(fake.asked).toEqual(['store']);
  });

  it('keeps packages and says the error when a listing fails', async () => {
    let fails = false;
    const source: EnvironmentSource = {
      discover: () => Promise.reject(new CondockError('daemon-unavailable', 'gone')),
      show: () =>
        fails
          ? Promise.reject(new CondockError('not-found', 'no lock'))
          : Promise.resolve(listing([examplePackage('a')])),
      watch: () => Promise.reject(new Error('no watch')),
    };
    const model = createEnvironmentsModel(source, { mayCheck: () => false });
    await model.load(target);
    fails = true;
    const loaded = await model.load(target, { again: true });
    expect(loaded).toMatchObject({ status: 'failed', error: { code: 'not-found' }, summary: { total: 1 } });
    await model.discover({ folders: [], machine: false });
    expect([model.status, model.error?.code]).toEqual(['failed', 'daemon-unavailable']);
  });

  it('forgets what is no longer found, and reloads by path', async () => {
    const shown: string[] = [];
    const found = (path: string) => ({ path, kind: 'pixi-lock' as const, names: [], platforms: [], note: null });
    const source: EnvironmentSource = {
      discover: ({ folders }) => Promise.resolve({ environments: folders.map(found), warnings: [] }),
      show: ({ path }) => {
        shown.push(path);
        return Promise.resolve(listing([]));
      },
      watch: () => Promise.resolve(),
    };
    const model = createEnvironmentsModel(source, { mayCheck: () => false });
    await model.discover({ folders: ['/a', '/b'], machine: false });
    await model.load({ path: '/a' });
    await model.load({ path: '/b' });
    await model.reload('/b');
    expect(shown).toEqual(['/a', '/b', '/b']);
    await model.discover({ folders: ['/a'], machine: false });
    expect(model.loaded().map(([{ path }]) => path)).toEqual(['/a']);
  });
});
