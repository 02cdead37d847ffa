import { condockHome, type CondockHome } from '../fixture/condock.ts';
import { publishedEnvironment } from '../fixture/environment.ts';
import { against, type Bench, type RowDefinition } from '../measure/row.ts';
import { bareNode } from './start.ts';

/** A home whose store holds the whole environment, and whose daemon is up. */
function warmHome(bench: Bench): Promise<CondockHome> {
  return bench.once('warm', async () => {
    const { lock, mirrors } = await publishedEnvironment(bench);
    const home = await condockHome(bench, 'warm', mirrors);
    await home.run('prefetch', lock, '--quiet');
    return home;
  });
}

const command = (home: CondockHome, ...args: string[]) => ({
  run: async (): Promise<undefined> => {
    await home.run(...args);
    return undefined;
  },
});

export const warmPrefetch: RowDefinition = {
  number: 8,
  title: 'the same environment again, all of it cached: the whole command, against node -e 0',
  needs: ['docker-registry'],
  measure: async (bench) => {
    const { lock } = await publishedEnvironment(bench);
    const measured = await bench.compare({
      ours: command(await warmHome(bench), 'prefetch', lock),
      peer: bareNode(bench),
    });
    return [against('8 condock prefetch, all cached / node -e 0', measured, { ours: 'ours', peer: 'peer', goal: 2.5 })];
  },
};

export const showPrefix: RowDefinition = {
  number: 9,
  title: 'condock env show on an installed prefix, daemon up, no network, the whole command, against node -e 0',
  needs: ['docker-registry'],
  measure: async (bench) => {
    const { prefix } = await publishedEnvironment(bench);
    const measured = await bench.compare({
      ours: command(await warmHome(bench), 'env', 'show', prefix),
      peer: bareNode(bench),
    });
    return [against('9 condock env show PREFIX / node -e 0', measured, { ours: 'ours', peer: 'peer', goal: 2 })];
  },
};
