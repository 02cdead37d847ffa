import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../real/support/docker-registry.ts';
import { bigPackages } from '../fixture/big-packages.ts';
import { condockHome } from '../fixture/condock.ts';
import { readFrom, runToEnd } from '../measure/programs.ts';
import { against, type Bench, type RowDefinition } from '../measure/row.ts';

/** nginx that serves one folder on a port of loopback. */
async function startNginx(bench: Bench, root: string): Promise<string> {
  const folder = join(bench.directory, 'nginx');
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ');
  const server = `server { listen 127.0.0.1:${String(port)}; root ${root}; }`;
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; user root; events {}
http { access_log off; sendfile on; ${temporary} ${server} }\n`,
  );
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { env: bench.env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  bench.atEnd(async () => {
    child.kill();
    await ended;
  });
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended at once: ${String(child.exitCode)}`);
    await sleep(20);
  }
  return `http://127.0.0.1:${String(port)}`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export const loopbackChannel: RowDefinition = {
  number: 18,
  title: 'a warm 1 GiB package through the loopback channel, against nginx serving the file',
  needs: ['docker-registry', 'nginx', 'curl'],
  measure: async (bench) => {
    const big = await bigPackages(bench, 1, 1024);
    const [built] = big.packages;
    if (built === undefined) throw new Error('there is one package');
    const home = await condockHome(bench, 'channel', big.mirrors);
    await home.run('prefetch', big.lock, '--quiet');
    const [channel = ''] = Object.values(big.mirrors);
    const url = (await readFrom(process.execPath, [home.program, 'channel', 'url', channel], { env: home.env })).trim();
    const nginx = await startNginx(bench, dirname(built.path));
    const fetch = (from: string) => ({
      run: async (): Promise<undefined> => {
        await runToEnd('curl', ['--fail', '--silent', '--show-error', '-o', '/dev/null', from], { env: bench.env });
        return undefined;
      },
    });
    const measured = await bench.compare(
      { ours: fetch(`${url}/linux-64/${built.fileName}`), nginx: fetch(`${nginx}/${built.fileName}`) },
      { share: 0.7 },
    );
    return [
      against('18 1 GiB through the loopback channel / nginx', measured, { ours: 'ours', peer: 'nginx', goal: 2 }),
    ];
  },
};
