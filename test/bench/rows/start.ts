import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '@condock/client';
import { daemonCommand } from '../fixture/condock.ts';
import { runToEnd } from '../measure/programs.ts';
import type { Contender } from '../measure/rounds.ts';
import { against, type Bench, type RowDefinition } from '../measure/row.ts';

/** The least that any program on Node takes. */
export const bareNode = (bench: Bench): Contender => ({
  run: async () => {
    await runToEnd(process.execPath, ['-e', '0'], { env: bench.env });
    return undefined;
  },
});

/** From the decision to start a daemon to its first answer: spawn, election, registration, both handshakes, a call. */
export const daemonStart: RowDefinition = {
  number: 11,
  title: 'daemon from nothing to its first answer, against node -e 0',
  needs: [],
  measure: async (bench) => {
    let stop = (): Promise<void> => Promise.resolve();
    const home = join(bench.directory, 'homes', 'start');
    await mkdir(home, { recursive: true, mode: 0o700 });
    const env = { ...bench.env, HOME: home, CONDOCK_HOME: home };
    const measured = await bench.compare({
      ours: {
        run: async () => {
          const started = performance.now();
          const client = await connect({
            client: { name: 'bench', version: '0' },
            env,
            daemonCommand: daemonCommand(bench),
          });
          await client.request('daemon/ping', {});
          const seconds = (performance.now() - started) / 1000;
          stop = async () => {
            const closed = new Promise<void>((resolve) => client.onStatus((s) => s === 'closed' && resolve()));
            await client.request('daemon/stop', { force: true });
            await closed;
          };
          return seconds;
        },
        after: () => stop(),
      },
      peer: bareNode(bench),
    });
    return [
      against('11 daemon from nothing to first answer / node -e 0', measured, {
        ours: 'ours',
        peer: 'peer',
        goal: 1.3,
      }),
    ];
  },
};
