import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { showEnvironment } from '@condock/client';
import { type BuiltPackage, buildPixiLock } from '../../support/packages/index.ts';
import { condockHome } from '../fixture/condock.ts';
import { CHANNEL } from '../fixture/environment.ts';
import { against, type RowDefinition, within } from '../measure/row.ts';

/** A lock of 2.9 MB at scale 1. `round` makes the text another one: nothing that was read before may help. */
function longLock(scale: number, round: number): string {
  const count = Math.max(10, Math.round(5500 * scale));
  const packages = Array.from({ length: count }, (_, at): BuiltPackage => {
    const name = `package-${String(at)}`;
    const fileName = `${name}-1.${String(at % 7)}.${String(round + 10)}-h${(at * 2654435761).toString(16).slice(0, 7)}_0.conda`;
    const hex = at.toString(16).padStart(8, '0');
    const index = {
      license: 'BSD-3-Clause',
      timestamp: 1_700_000_000_000 + at,
      depends: [
        'python >=3.12,<3.13.0a0',
        `package-${String((at * 7) % count)} >=1.0`,
        'libgcc >=13',
        '__glibc >=2.17,<3.0.a0',
      ],
    };
    return {
      path: '',
      fileName,
      subdir: 'linux-64',
      sha256: hex.repeat(8),
      md5: hex.repeat(4),
      size: 1000 + at,
      index,
      paths: [],
      files: {},
      runExports: {},
    };
  });
  return buildPixiLock(packages, { channelUrl: CHANNEL, platform: 'linux-64', version: 6 });
}

export const longLockListed: RowDefinition = {
  number: 10,
  title:
    'a pixi.lock of 2.9 MB, listed by the daemon, against js-yaml parsing it; longest stall of the daemon meanwhile',
  needs: [],
  measure: async (bench) => {
    const home = await condockHome(bench, 'lists');
    await home.warmDaemon();
    const client = await home.connect();
    const pinger = await home.connect();
    const folder = join(bench.directory, 'locks');
    const lock = (name: string): string => join(folder, name, 'pixi.lock');
    const write = async (name: string, round: number): Promise<void> => {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(lock(name), longLock(bench.scale, round));
    };
    const text = longLock(bench.scale, 0);
    const stalls: number[] = [];
    const measured = await bench.compare({
      ours: {
        prepare: (round) => write(`listed${String(round)}`, round),
        run: async (round) => {
          const started = performance.now();
          await showEnvironment(client, { path: lock(`listed${String(round)}`), check: false });
          return (performance.now() - started) / 1000;
        },
      },
      yaml: {
        run: () => {
          load(text);
          return Promise.resolve(undefined);
        },
      },
      stall: {
        prepare: (round) => write(`stalled${String(round)}`, 1000 + round),
        run: async (round) => {
          const state = { working: true };
          const params = { path: lock(`stalled${String(round)}`), check: false };
          const listing = showEnvironment(client, params).finally(() => (state.working = false));
          let longest = 0;
          while (state.working) {
            const started = performance.now();
            await pinger.request('daemon/ping', {});
            longest = Math.max(longest, performance.now() - started);
          }
          await listing;
          stalls.push(longest);
          return undefined;
        },
      },
    });
    await client.close();
    await pinger.close();
    return [
      against('10a pixi.lock of 2.9 MB listed / js-yaml', measured, { ours: 'ours', peer: 'yaml', goal: 0.15 }),
      within(
        '10b longest stall meanwhile',
        { values: { stalls }, disturbed: measured.disturbed },
        { ours: 'stalls', goal: 20, unit: 'ms' },
      ),
    ];
  },
};
