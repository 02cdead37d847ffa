import { execFile } from 'node:child_process';
import {
  connect,
  createReconnectingClient,
  type DaemonCommand,
  type ReconnectingClient,
  type RequestOptions,
} from '@condock/client';
import type { MethodName, NotificationName, NotificationParams, ParamsOf, ResultOf } from '@condock/protocol';
import type * as vscode from 'vscode';
import { chooseNode } from '../core/daemon/choose-node.ts';
import { createListeners, type Ends } from '../core/listeners.ts';

export interface DaemonOptions {
  /** The daemon's program inside the extension. */
  script: string;
  version: string;
  nodePath: () => string | undefined;
  log: Pick<vscode.LogOutputChannel, 'info' | 'error'>;
  /** Where the daemon is found; default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** The user's daemon as the extension sees it: not there until somebody asks for something. */
export interface Daemon extends Ends {
  /** Whether anything was ever asked. Hovers and lenses keep quiet until then, so that opening a file starts nothing. */
  readonly engaged: boolean;
  readonly client: ReconnectingClient;
  request<M extends MethodName>(method: M, params: ParamsOf<M>, options?: RequestOptions): Promise<ResultOf<M>>;
  command: () => Promise<DaemonCommand>;
  on<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): void;
  /** Told when the connection is lost without the daemon having been asked to end, and when a later one stands. */
  onLost: (listener: () => void) => Ends;
  onReturned: (listener: () => void) => Ends;
  /** Asks the daemon that runs to end, and starts another. Where none could be started, the one that runs is left alone. */
  restart(): Promise<void>;
}

export function createDaemon({ script, version, nodePath, log, env = process.env }: DaemonOptions): Daemon {
  const lost = createListeners<undefined>();
  const returned = createListeners<undefined>();
  let engaged = false;
  const life = { wasAskedToEnd: false, restarting: false, mayStart: true };

  const command = (): Promise<DaemonCommand> =>
    chooseNode(script, {
      configured: nodePath(),
      versionOf,
      own: { execPath: process.execPath, electron: process.versions.electron },
    });

  const announced = async (): Promise<DaemonCommand> => {
    const chosen = await command();
    log.info(`no daemon runs that could be used; starting ${chosen.command} ${chosen.args.join(' ')}`);
    return chosen;
  };

  const client = createReconnectingClient(async () => {
    log.info('connecting');
    const client = { name: 'vscode', version };
    const connection = await connect({ client, env, daemonCommand: announced, start: life.mayStart });
    log.info(`connected to the daemon ${connection.daemon.version}, process ${connection.daemon.pid}`);
    return connection;
  });
  client.onStatus((status) => {
    log.info(`the connection is ${status}`);
    if (status === 'connected') life.wasAskedToEnd = false;
    if (status === 'draining') life.wasAskedToEnd = true;
    if (status !== 'disconnected' || life.restarting) return;
    if (life.wasAskedToEnd) findSuccessor();
    else lost.tell(undefined);
  });
  /** Whoever ends the daemon means it: one that took its place is used, but none is started before somebody asks for something. */
  const findSuccessor = (): void => {
    life.mayStart = false;
    client
      .connect()
      .catch((error: unknown) => log.info(`the daemon was asked to end, and has no successor: ${String(error)}`))
      .finally(() => {
        life.mayStart = true;
      });
  };
  client.onReconnected(() => {
    returned.tell(undefined);
  });

  return {
    get engaged() {
      return engaged;
    },
    client,
    command,
    request: async (method, params, options) => {
      engaged = true;
      return await client.request(method, params, options);
    },
    on: (name, listener) => void client.onNotification(name, listener),
    onLost: (listener) => lost.add(listener),
    onReturned: (listener) => returned.add(listener),
    restart: async () => {
      engaged = true;
      life.restarting = true;
      try {
        await command();
        if (client.status === 'connected') {
          const left = leaving(client);
          await client.request('daemon/stop', {});
          // Until it says that it goes, a call would still be its own, and end with it.
          await left;
        }
        // Its successor is started by this call, and waits for nothing of the old one's.
        await client.request('daemon/ping', {});
      } finally {
        life.restarting = false;
      }
    },
    dispose: () => {
      client.close().catch((error: unknown) => {
        log.error(String(error));
      });
    },
  };
}

/** Milliseconds that a daemon may take to say that it goes. */
const LEAVING_MS = 5000;

/** Resolves once the daemon that is connected takes no more calls. */
function leaving(client: ReconnectingClient): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      listening[Symbol.dispose]();
      resolve();
    };
    const timer = setTimeout(done, LEAVING_MS);
    const listening = client.onStatus((status) => {
      if (status !== 'connected') done();
    });
  });
}

/** What a program says to `--version`; undefined where it does not start or takes long. */
function versionOf(program: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: 5000, windowsHide: true }, (error, stdout) => {
      resolve(error === null ? stdout.trim() : undefined);
    });
  });
}
