import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSocket } from 'node:net';
import { parseRegistration, resolvePlaces, type Places, type Registration } from '@condock/protocol';

export interface TemporaryHome extends AsyncDisposable {
  path: string;
  places: Places;
  env: Record<string, string>;
  /** Every registration that was ever made there and not swept, ascending. */
  registrations(): Promise<Registration[]>;
  /** Pids of the daemons that accept connections. */
  living(): Promise<number[]>;
  /** Ends the daemons that were registered there. */
  killAll(): Promise<void>;
}

/** A CONDOCK_HOME of its own for one test. */
export function createTemporaryHome(): TemporaryHome {
  const path = mkdtempSync(join(tmpdir(), 'cdk-'));
  const env = { PATH: process.env.PATH ?? '', HOME: path, CONDOCK_HOME: path };
  const places = resolvePlaces({
    env,
    platform: process.platform,
    homedir: path,
    tmpdir: tmpdir(),
    uid: process.getuid?.(),
  });
  const home: TemporaryHome = {
    path,
    places,
    env,
    registrations: async () => {
      const names = await readdir(places.runtime).catch(() => [] as string[]);
      const found: [number, Registration][] = [];
      for (const name of names) {
        const generation = /^daemon\.(\d+)\.json$/.exec(name)?.[1];
        if (generation === undefined) continue;
        const registration = parseRegistration(await readFile(join(places.runtime, name), 'utf8').catch(() => ''));
        if (registration !== undefined) found.push([Number(generation), registration]);
      }
      return found.sort(([a], [b]) => a - b).map(([, registration]) => registration);
    },
    living: async () => {
      const alive: number[] = [];
      for (const { address, pid } of await home.registrations()) if (await accepts(address)) alive.push(pid);
      return alive;
    },
    killAll: async () => {
      for (const pid of await home.living()) {
        if (pid === process.pid) continue;
        process.kill(pid, 'SIGKILL');
        await hasEnded(pid);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await home.killAll();
      rmSync(path, { recursive: true, force: true });
    },
  };
  return home;
}

/** Resolves when no process has this pid any more, or it is only waiting to be reaped. */
export async function hasEnded(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
    if (process.platform === 'linux' ? stat === undefined || / [ZX] /.test(stat) : !exists(pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function accepts(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
