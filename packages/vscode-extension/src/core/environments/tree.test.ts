import { describe, expect, it } from 'vitest';
import type { EnvironmentListing } from '@condock/protocol';
import { examplePackage } from '../testing/example-package.ts';
import { createEnvironmentsModel } from './environments-model.ts';
import { NO_FILTER } from './filter.ts';
import { describeMissing, describeSummary, summarize } from './summary.ts';
import { type FoundEnvironment, machineSubdir, sortFound, targetsOf } from './target.ts';
import { childrenOf, type TreeNode, type TreeSettings } from './tree.ts';

const settings: TreeSettings = {
  ...{ folders: [{ name: 'w', path: '/w' }], filter: NO_FILTER, grouping: 'none', here: 'linux-64' },
};
const workspace: FoundEnvironment = {
  ...{ path: '/w', kind: 'pixi-workspace', note: null },
  ...{ names: ['test', 'default'], platforms: ['osx-arm64', 'linux-64'] },
};
const specs: FoundEnvironment = {
  path: '/w/sub/pixi.toml',
  kind: 'specs',
  names: [],
  platforms: [],
  note: 'Needs a lock.',
};
const packages = [examplePackage('b', { state: 'cached' }), examplePackage('a', { state: 'absent', size: null })];

async function modelOf(found: FoundEnvironment[], listed = packages, warnings: string[] = []) {
  const listing: EnvironmentListing = {
    ...{ path: '/w', kind: 'pixi-workspace', warnings: ['one record was unreadable'] },
    environments: [{ name: 'default', platform: 'linux-64', packages: listed }],
  };
  const model = createEnvironmentsModel(
    {
      discover: () => Promise.resolve({ environments: found, warnings }),
      show: () => Promise.resolve(listing),
      watch: () => Promise.resolve(),
    },
    { mayCheck: () => false },
  );
  await model.discover({ folders: ['/w'], machine: false });
  return model;
}
const labels = (nodes: TreeNode[]): string[] =>
  nodes.map((node) =>
    'label' in node
      ? node.label
      : node.kind === 'message'
        ? node.text
        : node.kind === 'group'
          ? node.group.label
          : node.entry.name,
  );

describe('the rows of the view', () => {
  it('put a workspace first, and in it the default environment for this machine', async () => {
    const model = await modelOf([specs, workspace]);
    const roots = childrenOf(undefined, model, settings);
    expect(labels(roots)).toEqual(['w', 'sub/pixi.toml']);
    expect(labels(childrenOf(roots[0], model, settings))).toEqual([
      ...['default · linux-64', 'default · osx-arm64', 'test · linux-64', 'test · osx-arm64'],
    ]);
    expect(labels(childrenOf(roots[1], model, settings))).toEqual(['Needs a lock.']);
  });

  it('join a place with its only environment, and list warnings before packages by name', async () => {
    const model = await modelOf([{ ...workspace, names: ['default'], platforms: ['linux-64'] }]);
    const [root] = childrenOf(undefined, model, settings);
    expect(root).toMatchObject({ kind: 'environment', label: 'w', target: { environment: 'default' } });
    expect(childrenOf(root, model, settings)).toEqual([]);
    if (root?.kind === 'environment') await model.load(root.target);
    expect(labels(childrenOf(root, model, settings))).toEqual(['one record was unreadable', 'a', 'b']);
  });

  it('are filtered and grouped, and say so', async () => {
    const model = await modelOf([{ ...workspace, names: ['default'], platforms: ['linux-64'] }]);
    const [root] = childrenOf(undefined, model, settings);
    if (root?.kind === 'environment') await model.load(root.target);
    const filtered = childrenOf(root, model, { ...settings, filter: { name: 'B', states: new Set() } });
    expect(labels(filtered).slice(1)).toEqual(['1 of 2 shown (filtered)', 'b']);
    const none = childrenOf(root, model, {
      ...settings,
      filter: { name: '', states: new Set(['available'] as const) },
    });
    expect(labels(none).slice(1)).toEqual(['0 of 2 shown (filtered)']);
    const groups = childrenOf(root, model, { ...settings, grouping: 'state' });
    expect(labels(groups).slice(1)).toEqual(['Absent', 'Cached']);
    expect(labels(childrenOf(groups[1], model, settings))).toEqual(['a']);
  });

  it('keep folders apart where there are several, and what lies elsewhere in a place of its own', async () => {
    const outside: FoundEnvironment = { ...specs, path: '/opt/conda/envs/x', kind: 'prefix' };
    const model = await modelOf([{ ...workspace, path: '/w2' }, outside]);
    const two = { ...settings, folders: [...settings.folders, { name: 'second', path: '/w2' }] };
    const roots = childrenOf(undefined, model, two);
    expect(labels(roots)).toEqual(['w', 'second', 'On this machine']);
    expect(labels(childrenOf(roots[1], model, two))).toEqual(['w2']);
    expect(labels(childrenOf(roots[2], model, two))).toEqual(['x']);
  });

  it('have ids that are unique among 5,000 packages', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => examplePackage(`p${String(n)}`));
    const model = await modelOf([{ ...workspace, names: ['default'], platforms: ['linux-64'] }], many);
    const [root] = childrenOf(undefined, model, settings);
    if (root?.kind === 'environment') await model.load(root.target);
    const ids = childrenOf(root, model, settings).map(({ id }) => id);
    expect(new Set(ids).size).toBe(5001);
    expect(Math.max(...ids.slice(1).map(({ length }) => length))).toBeLessThan(60);
  });

  it('have ids that are unique where a lock lists an archive twice', async () => {
    const twice = [examplePackage('a'), examplePackage('a')];
    const model = await modelOf([{ ...workspace, names: ['default'], platforms: ['linux-64'] }], twice);
    const [root] = childrenOf(undefined, model, settings);
    if (root?.kind === 'environment') await model.load(root.target);
    const rows = childrenOf(root, model, settings).slice(1);
    expect(rows).toHaveLength(2);
    expect(rows[0]?.id).not.toBe(rows[1]?.id);
  });

  it('tell what could not be looked at', async () => {
    const model = await modelOf([workspace], packages, ['/w/secret can not be read.']);
    expect(labels(childrenOf(undefined, model, settings))).toEqual(['w', '/w/secret can not be read.']);
  });
});

describe('sums', () => {
  it('count what is cached, what can be fetched and what is wrong', () => {
    const summary = summarize([
      ...packages,
      examplePackage('c', { size: 41_000_000 }),
      examplePackage('d', { kind: 'pypi', state: 'unsupported-source' }),
    ]);
    expect(describeSummary(summary)).toBe('4 packages, 1 cached, 41 MB to go, 1 problem');
    expect(describeMissing(summary)).toBe('2 of 4 missing, 41 MB');
    expect(describeSummary(summarize([examplePackage('a', { state: 'cached' })]))).toBe('1 package, all cached');
  });
});

describe('targets', () => {
  it('are none for manifests and one for a prefix', () => {
    expect(targetsOf(specs, 'linux-64')).toEqual([]);
    expect(targetsOf({ ...workspace, kind: 'prefix' }, 'linux-64')).toEqual([{ path: '/w' }]);
    expect(sortFound([specs, workspace])).toEqual([workspace, specs]);
  });
  it.each([
    ['linux', 'x64', 'linux-64'],
    ['linux', 'arm64', 'linux-aarch64'],
    ['darwin', 'arm64', 'osx-arm64'],
    ['win32', 'x64', 'win-64'],
  ])('%s %s is %s', (platform, arch, subdir) => expect(machineSubdir(platform, arch)).toBe(subdir));
});
