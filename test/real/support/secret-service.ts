import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A session bus of its own, in a home of its own, without a display. */
export interface SessionBus extends AsyncDisposable {
  home: string;
  /** What programs on this bus run with. */
  env: Record<string, string | undefined>;
  /** Of a hanging bus: how many hold a connection to it. */
  connections: () => number;
  /** The same: how many ever did. */
  connected: () => number;
}

/** A bus that starts no services, and whose socket is in a folder that goes with it: a bus that is killed leaves its socket behind. */
const emptyBus = (
  folder: string,
): string => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir=${folder}</listen><auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`;

/**
 * Starts a bus. `unlocked`: gnome-keyring is on it, its default keyring open. `locked`: gnome-keyring without a password given.
 * `none`: a bus on which nothing offers secrets. `hanging`: something that takes connections and never says a word.
 */
export async function startSessionBus(service: 'unlocked' | 'locked' | 'none' | 'hanging'): Promise<SessionBus> {
  const home = mkdtempSync(join(tmpdir(), 'cdk-bus-'));
  const runtime = join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const env: SessionBus['env'] = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: runtime, LANG: 'C.UTF-8' };
  const children: ChildProcess[] = [];
  const sockets: Socket[] = [];
  let silent: Server | undefined;

  if (service === 'hanging') {
    const path = join(home, 'bus');
    silent = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      sockets.push(socket);
    }).listen(path);
    await once(silent, 'listening');
    env.DBUS_SESSION_BUS_ADDRESS = `unix:path=${path}`;
  } else {
    const config = join(home, 'bus.conf');
    writeFileSync(config, emptyBus(runtime));
    const args = [`--config-file=${config}`, '--nofork', '--nosyslog', '--print-address=1'];
    const bus = spawn('dbus-daemon', args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(bus);
    const ended = once(bus, 'exit').then(([code]) => {
      throw new Error(`dbus-daemon ended at once: ${String(code)}`);
    });
    ended.catch(() => undefined);
    const told = once(createInterface({ input: bus.stdout }), 'line') as Promise<[string]>;
    const [address] = await Promise.race([told, ended]);
    env.DBUS_SESSION_BUS_ADDRESS = address;
    if (service !== 'none') children.push(await startKeyring(env, service));
  }
  return {
    home,
    env,
    connected: () => sockets.length,
    connections: () => sockets.filter((socket) => !socket.closed).length,
    [Symbol.asyncDispose]: async () => {
      for (const child of children.reverse()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      for (const socket of sockets) socket.destroy();
      silent?.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function startKeyring(env: SessionBus['env'], state: 'unlocked' | 'locked'): Promise<ChildProcess> {
  const args = ['--foreground', '--components=secrets', ...(state === 'unlocked' ? ['--unlock'] : [])];
  const keyring = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
  keyring.stdin.end(state === 'unlocked' ? 'password of the keyring' : '');
  await untilOwned(env);
  return keyring;
}

/** Waits until somebody offers secrets on the bus. */
async function untilOwned(env: SessionBus['env']): Promise<void> {
  const ask = [
    '--session',
    '--print-reply',
    '--dest=org.freedesktop.DBus',
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner',
    'string:org.freedesktop.secrets',
  ];
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const child = spawn('dbus-send', ask, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let reply = '';
    child.stdout.on('data', (chunk: Buffer) => (reply += chunk.toString()));
    await once(child, 'close');
    if (reply.includes('boolean true')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('gnome-keyring did not appear on its bus within five seconds');
}

/** Locks the default keyring, as a screen lock or a timeout does. */
export async function lockKeyring(env: SessionBus['env']): Promise<void> {
  const args = [
    '--session',
    '--print-reply',
    '--dest=org.freedesktop.secrets',
    '/org/freedesktop/secrets',
    'org.freedesktop.Secret.Service.Lock',
    'array:objpath:/org/freedesktop/secrets/aliases/default',
  ];
  const child = spawn('dbus-send', args, { env, stdio: 'ignore' });
  await once(child, 'close');
}
