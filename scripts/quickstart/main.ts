import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPackages, buildPixiLock, buildPrefix } from '../../test/support/packages/index.ts';
import { createShell } from './commands.ts';
import { specs } from './packages.ts';

/** Where the demonstration's packages say that they come from; nothing is ever asked there. */
const CHANNEL = 'https://conda.example/quickstart';

/**
 * The whole path in a throw-away home: publish, see, prefetch, look inside, see again. Whatever happens, and also where
 * `signal` breaks it off, nothing is left running.
 */
export async function quickstart(directory: string, signal: AbortSignal): Promise<void> {
  // A home of its own, so that nobody's credentials and configuration play a part.
  const home = join(directory, 'home');
  // Short: where the way to a socket is too long, another directory would have to be made for it.
  const condockHome = join(directory, 'c');
  const shell = createShell(
    {
      CONDOCK_HOME: condockHome,
      HOME: home,
      USERPROFILE: home,
      XDG_CONFIG_HOME: join(home, '.config'),
    },
    signal,
  );
  await mkdir(join(condockHome, 'config'), { recursive: true });
  await mkdir(home);
  const registry = await shell.startRegistry(join(directory, 'registry'));
  try {
    const channel = `oci://${registry.host}/quickstart`;
    await writeFile(join(condockHome, 'config', 'config.toml'), `[mirrors]\n"${CHANNEL}" = ["${channel}"]\n`);
    const packages = await buildPackages(specs, join(directory, 'builds'));
    const workspace = join(directory, 'workspace');
    const prefix = await buildPrefix(packages, join(workspace, 'env'), { channel: CHANNEL });
    const lock = join(workspace, 'pixi.lock');
    await writeFile(lock, buildPixiLock(packages, { channelUrl: CHANNEL, platform: 'linux-64', version: 6 }));

    title(`A registry of our own serves ${registry.host}; one daemon serves all tools.`);
    await shell.condock(['daemon', 'start']);
    title('Publish five builds: blobs, manifest, tag, and the repodata last.');
    const files = packages.map((p) => p.path);
    await shell.condock(['publish', ...files, '--to', channel], { show: `publish builds/* --to ${channel}` });
    title('A pixi.lock of them: the registry has everything, this machine nothing.');
    await shell.condock(['env', 'show', lock], { show: 'env show workspace/pixi.lock' });
    title('Bring exactly these packages here, verified.');
    await shell.condock(['prefetch', lock], { show: 'prefetch workspace/pixi.lock' });
    title('Look inside one, from its info layer of some kilobytes.');
    await shell.condock(['show', `${CHANNEL}/linux-64/${packages[1]?.fileName ?? ''}`]);
    title('The same packages as an installed prefix: everything is cached.');
    await shell.condock(['env', 'show', prefix], { show: 'env show workspace/env' });
    await shell.condock(['daemon', 'stop']);
  } finally {
    // Nothing where it has ended already.
    await shell.quietly(['daemon', 'stop', '--force']);
    await registry.stop();
  }
  title('Now your own, against oci://ghcr.io/channel-mirrors/conda-forge:');
  console.log(`
  npx condock env show PATH      PATH: a prefix, a pixi workspace, or a lock
  npx condock prefetch PATH      bring its packages into the store
  npx condock show oci://ghcr.io/channel-mirrors/conda-forge/linux-64/zlib:1.3.1-hb9d3cd8_2
`);
}

function title(text: string): void {
  console.log(`\n── ${text}`);
}
