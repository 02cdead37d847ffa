import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { condockHome, type CondockHome } from '../fixture/condock.ts';
import { type PublishedEnvironment, publishedEnvironment } from '../fixture/environment.ts';
import { skopeoCopy } from '../fixture/skopeo.ts';
import { atOnce, runToEnd } from '../measure/programs.ts';
import type { Contender } from '../measure/rounds.ts';
import { against, type Bench, type RowDefinition } from '../measure/row.ts';

/** A home with nothing in it, for each round; nothing is deleted before the end. */
function coldPrefetch(bench: Bench, { lock, mirrors }: PublishedEnvironment, daemon: 'up' | 'down'): Contender {
  let home: CondockHome | undefined;
  return {
    prepare: async (round) => {
      home = await condockHome(bench, `cold-${daemon}-${String(round)}`, mirrors);
      if (daemon === 'up') await home.warmDaemon();
    },
    run: async () => {
      await home?.run('prefetch', lock);
      return undefined;
    },
    after: async () => home?.stopDaemon(),
  };
}

/** The very same blobs, by digest, 32 at a time, into a new folder; not verified. */
function curlBlobs(bench: Bench, { packages, blobUrl }: PublishedEnvironment): Contender {
  const config = (round: number): string => join(bench.directory, `curl-${String(round)}.txt`);
  return {
    prepare: async (round) => {
      const folder = join(bench.directory, 'curl', String(round));
      await mkdir(folder, { recursive: true });
      const lines = packages.map((p) => `url = "${blobUrl(p)}"\noutput = "${join(folder, p.fileName)}"`);
      await writeFile(config(round), `${lines.join('\n')}\n`);
    },
    run: async (round) => {
      const args = [
        '--fail',
        '--silent',
        '--show-error',
        '--location',
        '-Z',
        '--parallel-max',
        '32',
        '-K',
        config(round),
      ];
      await runToEnd('curl', args, { env: bench.env });
      return undefined;
    },
  };
}

export const smallBlobs: RowDefinition = {
  number: 1,
  title: '500-package environment, cold store, docker-registry, against curl -Z 32 on the very same blobs',
  needs: ['docker-registry', 'curl'],
  measure: async (bench) => {
    const environment = await publishedEnvironment(bench);
    const measured = await bench.compare({
      down: coldPrefetch(bench, environment, 'down'),
      up: coldPrefetch(bench, environment, 'up'),
      curl: curlBlobs(bench, environment),
    });
    return [
      against('1a prefetch, cold process / curl -Z 32', measured, { ours: 'down', peer: 'curl', goal: 1.15 }),
      against('1b prefetch, daemon up / curl -Z 32', measured, { ours: 'up', peer: 'curl', goal: 1 }),
    ];
  },
};

export const smallArtifacts: RowDefinition = {
  number: 2,
  title: 'the same against skopeo copy of the artifacts, 8 at a time',
  needs: ['docker-registry', 'skopeo'],
  measure: async (bench) => {
    const environment = await publishedEnvironment(bench);
    const copy = await skopeoCopy(bench);
    const measured = await bench.compare(
      {
        ours: coldPrefetch(bench, environment, 'down'),
        skopeo: {
          prepare: async (round) => {
            await mkdir(join(bench.directory, 'skopeo', String(round)), { recursive: true });
          },
          run: async (round) => {
            const folder = join(bench.directory, 'skopeo', String(round));
            await atOnce(8, environment.packages, (built) =>
              copy(`docker://${environment.reference(built)}`, `oci:${join(folder, built.fileName)}:latest`),
            );
            return undefined;
          },
        },
      },
      { share: 0.4, warmUp: 0 },
    );
    return [against('2 prefetch / skopeo copy, 8 at a time', measured, { ours: 'ours', peer: 'skopeo', goal: 1 / 8 })];
  },
};
