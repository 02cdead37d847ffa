import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { showEnvironment } from '@condock/client';
import type { CondockHome } from '../fixture/condock.ts';
import { CHANNEL } from '../fixture/environment.ts';
import { filledStore } from '../fixture/filled-store.ts';
import { runToEnd } from '../measure/programs.ts';
import { against, type Bench, type RowDefinition } from '../measure/row.ts';

const MANY = 100_000;
const FEW = 1000;
/** Calls in one turn: one alone is too short to be told from chance. */
const CALLS = 50;

/** Seconds of `CALLS` times what an editor asks when its window opens: how full is the store, and what of this is in it? */
async function statusAndResolve(bench: Bench, home: CondockHome): Promise<() => Promise<number>> {
  const [hex = ''] = await readdir(join(home.store, 'blobs', 'sha256'));
  const explicit = join(home.store, '..', 'explicit.txt');
  await writeFile(explicit, `@EXPLICIT\n${CHANNEL}/linux-64/here-1.0-0.conda#sha256:${hex}\n`);
  const client = await home.connect();
  bench.atEnd(() => client.close());
  return async () => {
    const started = performance.now();
    for (let call = 0; call < CALLS; call += 1) {
      await client.request('cache/status', {});
      await showEnvironment(client, { path: explicit, check: false });
    }
    return (performance.now() - started) / 1000;
  };
}

export const manyBlobs: RowDefinition = {
  number: 15,
  title: 'status and a resolve over a store of 100,000 blobs, against the same over 1,000',
  needs: [],
  measure: async (bench) => {
    const many = await filledStore(bench, 'many', Math.max(FEW, Math.round(MANY * bench.scale)), 64);
    const few = await filledStore(bench, 'few', FEW, 64);
    const measured = await bench.compare({
      many: { run: await statusAndResolve(bench, many) },
      few: { run: await statusAndResolve(bench, few) },
    });
    return [
      against('15 status and resolve, 100,000 blobs / 1,000 blobs', measured, { ours: 'many', peer: 'few', goal: 2 }),
    ];
  },
};

export const verified: RowDefinition = {
  number: 16,
  title: 'verify of 10,000 blobs, the whole command, against openssl dgst over them',
  needs: ['openssl'],
  measure: async (bench) => {
    const home = await filledStore(bench, 'verified', Math.max(10, Math.round(10_000 * bench.scale)), 22_600);
    await home.warmDaemon();
    const blobs = join(home.store, 'blobs', 'sha256');
    const names = await readdir(blobs);
    const measured = await bench.compare({
      ours: {
        run: async () => {
          await home.run('cache', 'verify', '--quiet');
          return undefined;
        },
      },
      openssl: {
        run: async () => {
          await runToEnd('openssl', ['dgst', '-sha256', ...names], { env: bench.env, cwd: blobs });
          return undefined;
        },
      },
    });
    return [
      against('16 condock cache verify, 10,000 blobs / openssl dgst', measured, {
        ours: 'ours',
        peer: 'openssl',
        goal: 1,
      }),
    ];
  },
};
