import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Client, nodeCommand, showEnvironment } from '@condock/client';
import { bundlePrograms } from '../support/bundle.ts';
import { createTemporaryHome, type TemporaryHome } from '../support/temporary-home.ts';

const MAIN = fileURLToPath(new URL('../../packages/daemon/src/main/', import.meta.url));

/** Warns without end, as Node does on its own where a library is old or a listener too many. */
const NOISE = `
let count = 0;
setInterval(() => process.emitWarning('noise ' + (count += 1)), 5).unref();
`;

describe("the daemon's program", () => {
  let directory: string;
  let script: string;
  let home: TemporaryHome;
  let client: Client | undefined;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cdp-'));
    writeFileSync(join(directory, 'noise.cjs'), NOISE);
    await bundlePrograms({ condockd: `${MAIN}condockd.ts`, 'engine-worker': `${MAIN}engine-worker.ts` }, directory);
    script = join(directory, 'condockd.js');
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  beforeEach(() => {
    home = createTemporaryHome();
  });
  afterEach(async () => {
    await client?.close();
    await home[Symbol.asyncDispose]();
  });

  const start = async (nodeArguments: readonly string[] = []): Promise<Client> => {
    const daemonCommand = nodeCommand(script);
    client = await connect({
      client: { name: 'test', version: '0' },
      env: home.env,
      daemonCommand: { ...daemonCommand, args: [...nodeArguments, ...daemonCommand.args] },
    });
    return client;
  };

  it('outlives what it and its engine write to stderr after its starter has gone, and logs it', async () => {
    const daemon = await start(['--require', join(directory, 'noise.cjs')]);
    const { pid } = await daemon.request('daemon/status', {});
    await daemon.request('cache/status', {});
    const log = join(home.places.logs, 'condockd.log');
    const logged = (): string => readFileSync(log, 'utf8');
    while (!/ warning .*noise 9/.test(logged()) || !/the engine wrote .*noise 9/.test(logged())) {
      await daemon.request('daemon/ping', {});
    }
    expect(await daemon.request('daemon/status', {})).toMatchObject({ pid });
  });

  it('says what is wrong with its configuration, and works with the call after that was corrected', async () => {
    const file = join(home.places.config, 'config.toml');
    mkdirSync(home.places.config, { recursive: true });
    writeFileSync(file, '[mirrors\n');
    const daemon = await start();
    for (let n = 0; n < 2; n += 1) {
      await expect(daemon.request('cache/status', {})).rejects.toMatchObject({ code: 'config-invalid' });
    }
    writeFileSync(file, '');
    expect(await daemon.request('cache/status', {})).toMatchObject({ blobs: 0 });
  });

  it('serves another while one asks it for a thousand listings, and none for one who has gone', async () => {
    const daemon = await start();
    const path = join(home.path, 'pixi.lock');
    writeFileSync(path, bigLock(3000));
    const greedy = await connect({ client: { name: 'greedy', version: '0' }, env: home.env, start: false });
    let answered = 0;
    for (let n = 0; n < 1000; n += 1) {
      greedy.request('env/show', { path, check: false }).then(
        () => (answered += 1),
        () => undefined,
      );
    }
    await daemon.request('ref/decode', { inputs: [] });
    expect(answered).toBeLessThan(100);
    await greedy.close();
    while ((await daemon.request('daemon/status', {})).jobs > 0) await sleep(10);
  });

  it('answers pings while its engine lists a lock of three megabytes', async () => {
    const daemon = await start();
    await daemon.request('cache/status', {});
    const path = join(home.path, 'pixi.lock');
    writeFileSync(path, bigLock(9000));
    let listed = false as boolean;
    const listing = showEnvironment(daemon, { path, check: false }).finally(() => (listed = true));
    let pings = 0;
    while (!listed) {
      await daemon.request('daemon/ping', {});
      pings += 1;
    }
    expect((await listing).environments[0]?.packages).toHaveLength(9000);
    expect(pings).toBeGreaterThan(20);
  });
});

function bigLock(packages: number): string {
  const urls = Array.from(
    { length: packages },
    (_, n) => `https://conda.anaconda.org/conda-forge/linux-64/package-${n}-1.${n}.0-h0123456_${n}.conda`,
  );
  const hex = (n: number, length: number): string => n.toString(16).padStart(length, '0');
  return [
    'version: 6\nenvironments:\n  default:\n    channels:\n      - url: https://conda.anaconda.org/conda-forge/',
    '    packages:\n      linux-64:',
    ...urls.map((url) => `        - conda: ${url}`),
    'packages:',
    ...urls.map(
      (url, n) =>
        `  - conda: ${url}\n    sha256: ${hex(n, 64)}\n    md5: ${hex(n, 32)}\n    depends:\n      - libc >=2.17\n` +
        `    license: MIT\n    size: ${1000 + n}`,
    ),
    '',
  ].join('\n');
}
