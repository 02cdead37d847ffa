import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPackages, buildPixiLock, buildPrefix } from '../../test/support/packages/index.ts';
import { createShell } from './commands.ts';
import { specs } from './packages.ts';

/** Where the demonstration's packages say that they come from; nothing is ever asked there. */
const CHANNEL = 'https://conda.example/quickstart';

/** The whole path in a throw-away home: publish, see, prefetch, look inside, see again. */
export async function quickstart(directory: string): Promise<void> {
  const home = join(directory, 'home');
  // A home of its own, so that nobody's credentials and configuration play a part.
  const shell = createShell({
    CONDOCK_HOME: join(home, 'condock'),
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, '.config'),
  });
  await mkdir(join(home, 'condock', 'config'), { recursive: true });
  const registry = await shell.startRegistry(join(directory, 'registry'));
  try {
    const channel = `oci://${registry.host}/quickstart`;
    await writeFile(join(home, 'condock', 'config', 'config.toml'), `[mirrors]\n"${CHANNEL}" = ["${channel}"]\n`);
    const packages = await buildPackages(specs, join(directory, 'builds'));
    const workspace = join(directory, 'workspace');
    const prefix = await buildPrefix(packages, join(workspace, 'env'), { channel: CHANNEL });
    const lock = join(workspace, 'pixi.lock');
    await writeFile(lock, buildPixiLock(packages, { channelUrl: CHANNEL, platform: 'linux-64', version: 6 }));

    title(`An embedded registry serves ${registry.host}; the daemon keeps sessions and a verified store.`);
    await shell.condock(['daemon', 'start']);
    title('Publish five builds: blobs, manifest, tag, and the repodata last.');
    const files = packages.map((p) => p.path);
    await shell.condock(['publish', ...files, '--to', channel], { show: `publish builds/* --to ${channel}` });
    title('A pixi.lock of them, as OCI references: the registry has everything, this machine nothing.');
    await shell.condock(['env', 'show', lock], { show: 'env show workspace/pixi.lock' });
    title('Bring exactly these packages here, verified.');
    await shell.condock(['prefetch', lock], { show: 'prefetch workspace/pixi.lock' });
    title('Look inside one, from its info layer of some kilobytes.');
    await shell.condock(['show', `${CHANNEL}/linux-64/${packages[1]?.fileName ?? ''}`]);
    title('The same packages as an installed prefix: everything is cached.');
    await shell.condock(['env', 'show', prefix], { show: 'env show workspace/env' });
  } finally {
    await shell.condock(['daemon', 'stop']).catch(() => undefined);
    await registry.stop();
  }
  title(
    'Now your own environment, against oci://ghcr.io/channel-mirrors/conda-forge (the built-in mirror of conda-forge):',
  );
  console.log('  npx condock env show PATH          a prefix, a pixi workspace, a lock or an explicit file');
  console.log('  npx condock prefetch PATH          bring its packages into the store');
  console.log('  npx condock show oci://ghcr.io/channel-mirrors/conda-forge/linux-64/zlib:1.3.1-hb9d3cd8_2\n');
}

function title(text: string): void {
  console.log(`\n── ${text}`);
}
