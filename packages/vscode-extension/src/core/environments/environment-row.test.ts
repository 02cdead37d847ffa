import { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { examplePackage } from '../testing/example-package.ts';
import { environmentRow, isSameRow } from './environment-row.ts';
import type { LoadedEnvironment } from './environments-model.ts';
import { summarize } from './summary.ts';
import type { EnvironmentNode } from './tree.ts';

const node: EnvironmentNode = {
  ...{ kind: 'environment', id: 'e', label: 'w', target: { path: '/w' } },
  found: { path: '/w', kind: 'pixi-workspace', names: [], platforms: [], note: null },
};
const packages = [examplePackage('a'), examplePackage('b', { state: 'cached' })];
const loaded = (change: Partial<LoadedEnvironment>): LoadedEnvironment => ({
  ...{ status: 'complete', packages, summary: summarize(change.packages ?? packages), warnings: [], error: undefined },
  ...change,
});
const row = (change: Partial<LoadedEnvironment>) => environmentRow(node, loaded(change));

describe('the row of an environment', () => {
  it('turns until something is listed, then counts, and stands still while registries are asked again', () => {
    expect(environmentRow(node, undefined).description).toBe('pixi workspace');
    expect(row({ status: 'loading', packages: [] })).toMatchObject({ icon: 'loading~spin', summary: undefined });
    const [listed, complete, again] = (['listed', 'complete', 'loading'] as const).map((status) => row({ status }));
    expect(complete!.description).toMatch(/^2 packages, 1 cached/);
    expect(isSameRow(listed!, complete!)).toBe(true);
    expect(isSameRow(again!, complete!)).toBe(true);
  });

  it('is drawn anew for other packages, for warnings and for errors', () => {
    const before = row({});
    expect(isSameRow(before, row({ packages: [...packages] }))).toBe(false);
    expect(isSameRow(before, row({ warnings: ['one record was unreadable'] }))).toBe(false);
    const failed = row({ status: 'failed', error: new CondockError('not-found', 'There is no lock.') });
    expect(isSameRow(before, failed)).toBe(false);
    expect(failed.icon).toBe('error');
    expect(row({ packages: [], status: 'failed', error: new CondockError('not-found', 'None.') }).description).toBe(
      'None.',
    );
  });
});
