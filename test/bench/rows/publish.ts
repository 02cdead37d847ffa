import { join } from 'node:path';
import { bigPackages } from '../fixture/big-packages.ts';
import { condockHome, type CondockHome } from '../fixture/condock.ts';
import { startDockerRegistry } from '../../real/support/docker-registry.ts';
import { skopeoCopy } from '../fixture/skopeo.ts';
import { endedChildrenSeconds, peakMegabytesOf, processorSecondsOf } from '../measure/processor-time.ts';
import { against, type RowDefinition, within } from '../measure/row.ts';

export const publishOne: RowDefinition = {
  number: 13,
  title: 'publish of a 1 GiB package against skopeo copy oci: docker://: time, processor time, peak memory',
  needs: ['docker-registry', 'skopeo'],
  measure: async (bench) => {
    const big = await bigPackages(bench, 1, 1024);
    const [built] = big.packages;
    if (built === undefined) throw new Error('there is one package');
    // A new one for each turn: both programs mount what a registry is known to hold.
    let host = '';
    const newRegistry = async (): Promise<void> => {
      const registry = await startDockerRegistry();
      bench.atEnd(() => registry.stop());
      host = registry.host;
    };
    const copy = await skopeoCopy(bench);
    const layout = `oci:${join(bench.directory, 'publish-source')}:latest`;
    await copy(`docker://${big.reference(built)}`, layout);
    let home: CondockHome | undefined;
    let pid = 0;
    const peaks: number[] = [];
    const used = { ours: [] as number[], skopeo: [] as number[] };
    const measured = await bench.compare(
      {
        ours: {
          prepare: async (round) => {
            await newRegistry();
            home = await condockHome(bench, `publish-${String(round)}`);
            pid = await home.warmDaemon();
          },
          run: async () => {
            const before = processorSecondsOf(pid) + endedChildrenSeconds();
            await home?.run('publish', built.path, '--to', `oci://${host}/published`, '--no-index');
            used.ours.push(processorSecondsOf(pid) + endedChildrenSeconds() - before);
            peaks.push(peakMegabytesOf(pid));
            return undefined;
          },
          after: async () => home?.stopDaemon(),
        },
        skopeo: {
          prepare: newRegistry,
          run: async () => {
            const before = endedChildrenSeconds();
            await copy(layout, `docker://${host}/published/package:1`);
            used.skopeo.push(endedChildrenSeconds() - before);
            return undefined;
          },
        },
      },
      { share: 0.45, warmUp: 0 },
    );
    const processor = { values: used, disturbed: 0, thrownAway: 0 };
    return [
      against('13a publish 1 GiB, whole command / skopeo copy', measured, { ours: 'ours', peer: 'skopeo', goal: 0.85 }),
      against('13b the same, processor time', processor, { ours: 'ours', peer: 'skopeo', goal: 0.4 }),
      within(
        '13c the same, peak memory of the daemon',
        { values: { peaks }, disturbed: 0 },
        { ours: 'peaks', goal: 150, unit: 'MB' },
      ),
    ];
  },
};
