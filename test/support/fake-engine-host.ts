import { CondockError, type EnvironmentPackage, type ProgressValue } from '@condock/protocol';
import type { CallContext, EngineHost, NotificationListener } from '../../packages/daemon/src/engine/engine-host.ts';

export interface FakeEngineHost extends EngineHost {
  /** Method names in the order in which they were called. */
  readonly calls: { method: string; params: unknown; connection: string }[];
  /** Connections that the host was told have ended. */
  readonly closed: string[];
  notify: NotificationListener;
  /** How many calls of `prefetch/run` are under way. */
  readonly running: number;
  /** Lets every `prefetch/run` that is under way end well. */
  release(): void;
}

export interface FakeEngineOptions {
  /** Packages that `env/show` lists, in pages of 100. */
  packages?: number;
  /** `prefetch/run` goes on when it is cancelled, until it is released. */
  stubborn?: boolean;
}

const PAGE = 100;

/**
 * An engine without conda or a network: `env/show` lists made-up packages in pages, `prefetch/run` reports progress and
 * waits, `session/login` fails with the secret in its cause, `cache/status` answers at once, `session/offer` and
 * `env/watch` say yes. What a real engine can't be made to do on command.
 */
export function createFakeEngineHost({ packages = 3, stubborn = false }: FakeEngineOptions = {}): FakeEngineHost {
  const listeners = new Set<NotificationListener>();
  const waiting = new Set<() => void>();
  const host = {
    calls: [] as FakeEngineHost['calls'],
    closed: [] as string[],
    get running() {
      return waiting.size;
    },
    release: () => {
      for (const go of [...waiting]) go();
    },
    notify: ((name, params, connection) => {
      for (const listener of [...listeners]) listener(name, params, connection);
    }) as NotificationListener,
    onNotification: (listener: NotificationListener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    connectionClosed: (connection: string) => {
      host.closed.push(connection);
    },
    call: async (method: string, params: Record<string, unknown>, context: CallContext): Promise<unknown> => {
      host.calls.push({ method, params, connection: context.connection });
      switch (method) {
        case 'env/show':
          return showPage(String(params.path), packages, Number(params.cursor ?? 0), context.progress);
        case 'prefetch/run':
          return await prefetch(context);
        case 'session/login':
          throw new Error(`the registry said no to ${String(params.secret)}`, {
            cause: new Error(`authorization: Basic ${String(params.secret)}`),
          });
        case 'cache/status':
          return { path: '/store', blobs: 1, bytes: 2, quota: null, partial: 0, pinned: 0 };
        case 'cache/export':
          return { directory: 'x'.repeat(17 * 1024 * 1024), blobs: 0, bytes: 0 };
        case 'env/watch':
        case 'env/unwatch':
        case 'session/offer':
          return {};
        default:
          throw new CondockError('not-found', `The fake engine has no ${method}.`);
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const prefetch = ({ signal, progress }: CallContext): Promise<unknown> =>
    new Promise((resolve, reject) => {
      progress({ kind: 'begin', title: 'Prefetch' });
      for (let n = 1; n <= 1000; n += 1) progress({ kind: 'report', done: { bytes: n } });
      const go = (): void => {
        waiting.delete(go);
        resolve({ requested: 1, fetched: 1, cached: 0, failed: [], bytes: 1000, seconds: 1 });
      };
      waiting.add(go);
      if (stubborn) return;
      signal.addEventListener('abort', () => {
        waiting.delete(go);
        reject(new CondockError('cancelled', 'Stopped.'));
      });
    });
  return host as unknown as FakeEngineHost;
}

function showPage(path: string, total: number, from: number, progress: (value: ProgressValue) => void) {
  progress({ kind: 'begin', title: 'Reading' });
  const until = Math.min(total, from + PAGE);
  const packages: EnvironmentPackage[] = [];
  for (let n = from; n < until; n += 1) packages.push(fakePackage(n));
  return {
    path,
    kind: 'prefix' as const,
    environments: [{ name: 'default', platform: 'linux-64', packages }],
    warnings: from === 0 ? ['one record was unreadable'] : [],
    ...(until < total ? { nextCursor: String(until) } : {}),
  };
}

function fakePackage(n: number): EnvironmentPackage {
  const name = `package-${String(n)}`;
  return {
    name,
    version: '1.0',
    build: 'h0_0',
    subdir: 'linux-64',
    kind: 'conda',
    fileName: `${name}-1.0-h0_0.conda`,
    channel: 'https://example.invalid/c',
    url: null,
    sha256: null,
    md5: null,
    size: 10,
    license: null,
    reference: `oci://127.0.0.1:5000/c/linux-64/${name}:1.0-h0_0`,
    layout: 'v0',
    state: 'available',
    digest: null,
    source: null,
  };
}
