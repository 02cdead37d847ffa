import { connect, nodeCommand } from '@condock/client';
import type { TemporaryHome } from './temporary-home.ts';

/** So many clients connect at once, each ready to start a daemon; gives the daemon's pid that each ended on. */
export async function electionRound(
  home: TemporaryHome,
  script: string,
  starters: number,
): Promise<{ pids: number[]; living: number[] }> {
  const clients = await Promise.all(
    Array.from({ length: starters }, (_, n) =>
      connect({
        client: { name: `starter ${String(n)}`, version: '0' },
        env: home.env,
        daemonCommand: nodeCommand(script),
        timeoutMs: 30_000,
      }),
    ),
  );
  const pids = await Promise.all(clients.map(async (client) => (await client.request('daemon/status', {})).pid));
  const living = await home.living();
  await Promise.all(clients.map((client) => client.close()));
  return { pids, living };
}
