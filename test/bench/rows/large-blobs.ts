import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BigPackages, bigPackages } from '../fixture/big-packages.ts';
import { condockHome, type CondockHome } from '../fixture/condock.ts';
import { skopeoCopy } from '../fixture/skopeo.ts';
import { quantile } from '../measure/arithmetic.ts';
import { peakMegabytesOf } from '../measure/processor-time.ts';
import { atOnce, runToEnd } from '../measure/programs.ts';
import type { Contender } from '../measure/rounds.ts';
import { against, type Bench, type RowDefinition, within } from '../measure/row.ts';

interface Watched extends Contender {
  /** Most memory of the daemon in each round, in MB. */
  peaks: number[];
  /** 99th percentile of its ping while it worked, in ms, in each round. */
  pings: number[];
}

/** The whole command in a new home; its daemon, which is up, is watched meanwhile. */
function watchedPrefetch(bench: Bench, { lock, mirrors }: BigPackages, name: string): Watched {
  let home: CondockHome | undefined;
  let pid = 0;
  const peaks: number[] = [];
  const pings: number[] = [];
  return {
    peaks,
    pings,
    prepare: async (round) => {
      home = await condockHome(bench, `${name}-${String(round)}`, mirrors);
      pid = await home.warmDaemon();
    },
    run: async () => {
      if (home === undefined) throw new Error('prepare comes first');
      const state = { working: true };
      const pinging = pingWhile(home, state);
      await home.run('prefetch', lock);
      state.working = false;
      pings.push(await pinging);
      peaks.push(peakMegabytesOf(pid));
      return undefined;
    },
    after: async () => home?.stopDaemon(),
  };
}

async function pingWhile(home: CondockHome, state: { working: boolean }): Promise<number> {
  await using client = await home.connect();
  const times: number[] = [];
  while (state.working) {
    const started = performance.now();
    await client.request('daemon/ping', {});
    times.push(performance.now() - started);
    await sleep(10);
  }
  return quantile(
    times.sort((a, b) => a - b),
    0.99,
  );
}

/** curl for each blob, so many at a time, then `openssl dgst` over all of them. */
function curlThenOpenssl(bench: Bench, { packages, blobUrl }: BigPackages, name: string): Contender {
  const folder = (round: number): string => join(bench.directory, name, `curl${String(round)}`);
  return {
    prepare: async (round) => {
      await mkdir(folder(round), { recursive: true });
      const lines = packages.map((p) => `url = "${blobUrl(p)}"\noutput = "${join(folder(round), p.fileName)}"`);
      await writeFile(join(folder(round), 'config'), `${lines.join('\n')}\n`);
    },
    run: async (round) => {
      const config = join(folder(round), 'config');
      const args = ['--fail', '--silent', '--show-error', '-Z', '--parallel-max', '8', '-K', config];
      await runToEnd('curl', args, { env: bench.env });
      const files = packages.map((p) => join(folder(round), p.fileName));
      await runToEnd('openssl', ['dgst', '-sha256', ...files], { env: bench.env });
      return undefined;
    },
  };
}

async function skopeo(bench: Bench, { packages, reference }: BigPackages, name: string): Promise<Contender> {
  const copy = await skopeoCopy(bench);
  const folder = (round: number): string => join(bench.directory, name, `skopeo${String(round)}`);
  return {
    prepare: async (round) => {
      await mkdir(folder(round), { recursive: true });
    },
    run: async (round) => {
      await atOnce(8, packages, (built) =>
        copy(`docker://${reference(built)}`, `oci:${join(folder(round), built.fileName)}:latest`),
      );
      return undefined;
    },
  };
}

/** Gigabytes per round: fewer rounds than others. */
const FEW = { share: 0.45, warmUp: 0 };

export const oneBlob: RowDefinition = {
  number: 3,
  title: 'one 1 GiB blob, verified, on disk: against curl then openssl dgst, skopeo, and a bound of memory',
  needs: ['docker-registry', 'curl', 'openssl', 'skopeo'],
  measure: async (bench) => {
    const big = await bigPackages(bench, 1, 1024);
    const ours = watchedPrefetch(bench, big, 'one');
    const curl = curlThenOpenssl(bench, big, 'one');
    const measured = await bench.compare({ ours, curl, skopeo: await skopeo(bench, big, 'one') }, FEW);
    const peaks = { values: { peaks: ours.peaks }, disturbed: 0 };
    return [
      against('3a 1 GiB, whole command / curl then openssl', measured, { ours: 'ours', peer: 'curl', goal: 0.75 }),
      against('3b the same / skopeo copy', measured, { ours: 'ours', peer: 'skopeo', goal: 1 / 4 }),
      within('3c the same, peak memory of the daemon', peaks, { ours: 'peaks', goal: 150, unit: 'MB' }),
    ];
  },
};

export const eightBlobs: RowDefinition = {
  number: 4,
  title: '8 × 128 MiB against curl -Z 8 then openssl, skopeo 8 at a time; ping of the daemon meanwhile',
  needs: ['docker-registry', 'curl', 'openssl', 'skopeo'],
  measure: async (bench) => {
    const big = await bigPackages(bench, 8, 128);
    const ours = watchedPrefetch(bench, big, 'eight');
    const curl = curlThenOpenssl(bench, big, 'eight');
    const measured = await bench.compare({ ours, curl, skopeo: await skopeo(bench, big, 'eight') }, FEW);
    const pings = { values: { pings: ours.pings }, disturbed: measured.disturbed };
    return [
      against('4a 8 × 128 MiB, whole command / curl -Z 8 then openssl', measured, {
        ours: 'ours',
        peer: 'curl',
        goal: 0.7,
      }),
      against('4b the same / skopeo copy, 8 at a time', measured, { ours: 'ours', peer: 'skopeo', goal: 1 / 3 }),
      within('4c ping of the daemon meanwhile, 99th percentile', pings, { ours: 'pings', goal: 15, unit: 'ms' }),
    ];
  },
};
