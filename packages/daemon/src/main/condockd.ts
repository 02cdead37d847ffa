// The daemon's program: one per user. Parts are chosen here; the engine runs in a thread of its own.
import { homedir, tmpdir } from 'node:os';
import { Worker } from 'node:worker_threads';
import { resolvePlaces, toCondockError } from '@condock/protocol';
import { createLog, failedStart, reportToStarter, startServer } from '../server/index.ts';
import { logOutput, outliveStarter } from './output.ts';
import { VERSION } from './version.ts';
import { createWorkerHost } from './worker-host.ts';

const places = resolvePlaces({
  env: process.env,
  platform: process.platform,
  homedir: homedir(),
  tmpdir: tmpdir(),
  uid: process.getuid?.(),
});

async function main(): Promise<void> {
  const log = createLog({ directory: places.logs });
  // A folder that somebody wants to delete or unmount must not be held by a daemon that was started in it.
  process.chdir(homedir());
  outliveStarter(log);
  // Whoever started us stops reading once we are ready; what Node or a library prints later must not end the daemon.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('uncaughtException', (error) => {
    log.error('uncaught', { error });
    process.exit(70);
  });
  let busy = false;
  const host = createWorkerHost({
    start: () => {
      const worker = new Worker(new URL('./engine-worker.js', import.meta.url), {
        workerData: { places, version: VERSION },
        stdout: true,
        stderr: true,
      });
      logOutput(worker, log);
      return worker;
    },
    log: ({ level, message, facts }) => log[level](message, facts),
    busy: (now) => (busy = now),
  });
  const server = await startServer({
    host,
    places,
    version: VERSION,
    log,
    busy: () => busy,
    onEnd: (reason) => {
      log.info('daemon ends', { reason });
      const exit = (): never => process.exit(0);
      // What a native library still holds must not keep a daemon that serves nobody.
      host[Symbol.asyncDispose]().then(exit, (error: unknown) => {
        log.error('the engine did not end well', { error });
        exit();
      });
    },
  });
  if (server.kind === 'attached') {
    reportToStarter({ state: 'attached' });
    return;
  }
  reportToStarter({ state: 'ready' });
  const stop = (): void => void server.stop();
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // The starter's terminal may close; the daemon stays for its other clients.
  process.on('SIGHUP', () => undefined);
  host.warmUp();
}

main().catch((error: unknown) => {
  const failure = toCondockError(error);
  reportToStarter(failedStart(failure));
  process.stderr.write(`condockd: ${failure.message}\n${failure.hint === undefined ? '' : `${failure.hint}\n`}`);
  process.exitCode = 1;
});
