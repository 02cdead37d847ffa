import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { condockHome } from '../fixture/condock.ts';
import { against, type Bench, type RowDefinition } from '../measure/row.ts';
import { summarize } from '../measure/arithmetic.ts';

const CALLS = 1000;
const URL_OF_PACKAGE = 'https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda';

/** Median milliseconds of calls made one after the other. */
async function each(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < CALLS; at += 1) {
    const started = performance.now();
    await call();
    times.push(performance.now() - started);
  }
  return summarize(times).median;
}

/** A process that answers every request with its parameters: vscode-jsonrpc over a Unix socket and nothing else. */
async function startEcho(bench: Bench): Promise<(params: object) => Promise<unknown>> {
  const path = join(bench.directory, 'echo.sock');
  const child = spawn(process.execPath, [fileURLToPath(new URL('echo-peer.js', import.meta.url)), path], {
    env: bench.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  const socket = connect(path);
  await once(socket, 'connect');
  const rpc = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  rpc.listen();
  bench.atEnd(async () => {
    rpc.dispose();
    socket.destroy();
    child.kill();
    await ended;
  });
  return (params) => rpc.sendRequest('echo', params);
}

export const roundTrip: RowDefinition = {
  number: 12,
  title: 'round trip of an answer that the daemon has at hand, against a bare vscode-jsonrpc echo of the same bytes',
  needs: [],
  measure: async (bench) => {
    const home = await condockHome(bench, 'round-trip');
    const explicit = join(bench.directory, 'one.txt');
    await writeFile(explicit, `@EXPLICIT\n${URL_OF_PACKAGE}\n`);
    await home.warmDaemon();
    const client = await home.connect();
    const echo = await startEcho(bench);
    const params = { path: explicit, check: false };
    const listing = await client.request('env/show', params);
    const measured = await bench.compare({
      ping: { run: () => each(() => client.request('daemon/ping', {})) },
      emptyEcho: { run: () => each(() => echo({})) },
      show: { run: () => each(() => client.request('env/show', params)) },
      listingEcho: { run: () => each(() => echo(listing)) },
    });
    await client.close();
    return [
      against('12a daemon/ping / echo', measured, { ours: 'ping', peer: 'emptyEcho', goal: 1.5, unit: 'ms' }),
      against('12b env/show of one package / echo of the same answer', measured, {
        ours: 'show',
        peer: 'listingEcho',
        goal: 1.5,
        unit: 'ms',
      }),
    ];
  },
};
