import { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import type { EnvironmentEntry } from '../../conda/environments/types.ts';
import type { ChannelMap } from './channel-map.ts';
import { planPackage } from './planned-package.ts';

const CHANNEL = 'https://conda.anaconda.org/conda-forge';

function entry(members: Partial<EnvironmentEntry> = {}): EnvironmentEntry {
  const fileName = members.fileName ?? '_lib-1!2.0+a-h1_0.conda';
  return {
    name: '_lib',
    version: '1!2.0+a',
    build: 'h1_0',
    subdir: 'linux-64',
    kind: 'conda',
    fileName,
    channel: CHANNEL,
    url: `${CHANNEL}/linux-64/${fileName}`,
    sha256: 'ab'.repeat(32),
    md5: null,
    size: 10,
    license: null,
    ...members,
  };
}

function mapTo(...channels: string[]): ChannelMap {
  return {
    targets: (url) =>
      url.startsWith(CHANNEL) ? channels.map((channel) => ({ channel, source: `for ${channel}` })) : [],
    layoutOf: ({ path }) => (path.endsWith('v1') ? 'v1' : 'v0'),
  };
}

describe('planPackage', () => {
  it('names a package in every channel that may hold it, in the layout of each, in the order in which they are asked', () => {
    const planned = planPackage(entry(), mapTo('oci://a.example/v0', 'oci://b.example/v1'));
    expect(planned).toMatchObject({ digest: `sha256:${'ab'.repeat(32)}`, format: 'conda' });
    expect(planned.problem).toBeUndefined();
    expect(planned.origins.map(({ reference, layout, source }) => [reference, layout, source])).toEqual([
      ['oci://a.example/v0/linux-64/zzz_lib:1__e__2.0__p__a-h1_0', 'v0', 'for oci://a.example/v0'],
      ['oci://b.example/v1/linux-64/c_lib:1_N2.0_Pa-h1__0', 'v1', 'for oci://b.example/v1'],
    ]);
  });

  it.each([
    ['of a channel without a mirror', { url: 'https://elsewhere.example/c/linux-64/a-1-0.conda' }, 'unmapped-channel'],
    ['whose record does not say where it is from', { url: null, channel: null }, 'unmapped-channel'],
    ['from a local file', { url: 'file:///builds/linux-64/a-1-0.conda' }, 'unsupported-source'],
    ['of another package manager', { kind: 'pypi' }, 'unsupported-source'],
    ['that no repository can be named after', { fileName: 'foo___bar-1-0.conda' }, 'illegal-name'],
    [
      'that its lock has no record of',
      { error: new CondockError('invalid-environment', 'No record.', { hint: 'Lock again.' }) },
      'unknown-digest',
    ],
    ['whose file name is none', { fileName: 'foo.conda' }, 'illegal-name'],
  ] as const)('says why no registry is asked for a package %s', (_, members, state) => {
    const planned = planPackage(entry(members), mapTo('oci://a.example/v0'));
    expect(planned.origins).toEqual([]);
    expect(planned.problem?.state).toBe(state);
    expect(planned.problem?.error.hint).toBeTruthy();
  });

  it('still names it where one of several channels can', () => {
    const planned = planPackage(
      entry({ fileName: 'foo__bar-1-0.conda' }),
      mapTo('oci://a.example/UPPER', 'oci://a.example/v0'),
    );
    expect(planned.origins.map((o) => o.reference)).toEqual(['oci://a.example/v0/linux-64/foo__bar:1-0']);
    expect(planned.problem).toBeUndefined();
  });

  it('plans an entry that did not change only once for a map that did not change', () => {
    const [one, map] = [entry(), mapTo('oci://a.example/v0')];
    expect(planPackage(one, map)).toBe(planPackage(one, map));
    expect(planPackage({ ...one }, map)).not.toBe(planPackage(one, map));
    expect(planPackage(one, mapTo('oci://b.example/v1')).origins[0]?.layout).toBe('v1');
  });
});
