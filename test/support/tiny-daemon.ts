// A daemon around the fake engine, for tests that need real processes. Bundled by bundle-tiny-daemon.ts.
import { homedir, tmpdir } from 'node:os';
import { resolvePlaces, toCondockError } from '@condock/protocol';
import { createLog, failedStart, reportToStarter, startServer } from '../../packages/daemon/src/server/index.ts';
import { createFakeEngineHost } from './fake-engine-host.ts';

const { env } = process;
try {
  if (env.CONDOCK_TEST_CRASH !== undefined) throw new TypeError('crashed on purpose');
  const places = resolvePlaces({
    env,
    platform: process.platform,
    homedir: homedir(),
    tmpdir: tmpdir(),
    uid: process.getuid?.(),
  });
  const server = await startServer({
    host: createFakeEngineHost({ packages: Number(env.CONDOCK_TEST_PACKAGES ?? 3) }),
    places,
    version: env.CONDOCK_TEST_VERSION ?? '0.0.0',
    log: createLog({ directory: places.logs, level: 'debug' }),
    onEnd: () => process.exit(0),
  });
  reportToStarter({ state: server.kind });
  if (server.kind === 'attached') process.exit(0);
} catch (error) {
  if (error instanceof TypeError) throw error;
  reportToStarter(failedStart(toCondockError(error)));
  process.exit(1);
}
