import {
  type CondockError,
  type EnvironmentListing,
  type EnvironmentPackage,
  isCancellation,
  toCondockError,
} from '@condock/protocol';
import { createListeners } from '../listeners.ts';
import { isSamePackages } from './same-packages.ts';
import { type Summary, summarize } from './summary.ts';
import { type EnvironmentTarget, type FoundEnvironment, sortFound, targetKey } from './target.ts';

/** What the model asks of a daemon. */
export interface EnvironmentSource {
  discover(options: { folders: readonly string[]; machine: boolean }): Promise<{
    environments: readonly FoundEnvironment[];
    warnings: readonly string[];
  }>;
  show(target: EnvironmentTarget, options: { check: boolean; signal: AbortSignal }): Promise<EnvironmentListing>;
  watch(path: string): Promise<void>;
}

/** `listed`: what is known locally, while registries are still asked. */
export interface LoadedEnvironment {
  status: 'loading' | 'listed' | 'complete' | 'failed';
  /** By name. The same array as long as nothing in it changed, so that whoever shows thousands of rows knows at once. */
  packages: readonly EnvironmentPackage[];
  summary: Summary;
  warnings: readonly string[];
  error: CondockError | undefined;
}

/** Undefined: something at the root. */
export type ModelChange = EnvironmentTarget | undefined;

export interface EnvironmentsModel {
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  readonly error: CondockError | undefined;
  /** The same array as long as nothing in it changed. */
  readonly found: readonly FoundEnvironment[];
  /** What `env/discover` could not look at. */
  readonly warnings: readonly string[];
  onDidChange(listener: (change: ModelChange) => void): { dispose(): void };
  /** Looks again at what folders and, if wanted, the machine hold. Never rejects: `status` and `error` tell. */
  discover(options: { folders: readonly string[]; machine: boolean }): Promise<void>;
  get(target: EnvironmentTarget): LoadedEnvironment | undefined;
  /** Lists an environment, from the store first and then from registries. Never rejects. */
  load(target: EnvironmentTarget, options?: { again?: boolean }): Promise<LoadedEnvironment>;
  /** Lists again what was listed: of one path, or all. */
  reload(path?: string): Promise<void>;
  /** Every environment that was listed, with its target. */
  loaded(): readonly (readonly [EnvironmentTarget, LoadedEnvironment])[];
}

export interface ModelOptions {
  /** Whether registries may be asked; a folder that is not trusted must not choose whom we talk to. */
  mayCheck: () => boolean;
}

const EMPTY: LoadedEnvironment = {
  status: 'loading',
  packages: [],
  summary: summarize([]),
  warnings: [],
  error: undefined,
};

interface Loading {
  target: EnvironmentTarget;
  value: LoadedEnvironment;
  work: Promise<LoadedEnvironment> | undefined;
  abort: AbortController;
}

/** The environments that a view shows: what was found, and what has been listed of it. */
export function createEnvironmentsModel(source: EnvironmentSource, { mayCheck }: ModelOptions): EnvironmentsModel {
  const changes = createListeners<ModelChange>();
  const all = new Map<string, Loading>();
  const watched = new Set<string>();
  const root = {
    status: 'idle' as EnvironmentsModel['status'],
    error: undefined as CondockError | undefined,
    found: [] as readonly FoundEnvironment[],
    warnings: [] as readonly string[],
    turn: 0,
  };

  const watch = (path: string): void => {
    if (watched.has(path)) return;
    watched.add(path);
    // Without a watch the listing is still right; it is only not refreshed by itself.
    source.watch(path).catch(() => watched.delete(path));
  };

  const list = async (loading: Loading): Promise<LoadedEnvironment> => {
    const { target, abort } = loading;
    const set = (value: LoadedEnvironment): void => {
      if (abort.signal.aborted) return;
      loading.value = value;
      changes.tell(target);
    };
    try {
      const check = mayCheck();
      const local = await source.show(target, { check: false, signal: abort.signal });
      // What the store has, and what no registry could have, is settled without asking.
      const isOpen = local.environments.some(({ packages }) => packages.some(({ state }) => state === 'unchecked'));
      set(described(local, check && isOpen ? 'listed' : 'complete', loading.value));
      watch(target.path);
      if (check && isOpen) {
        const full = await source.show(target, { check: true, signal: abort.signal });
        set(described(full, 'complete', loading.value));
      }
    } catch (error) {
      if (!isCancellation(error)) {
        const { packages, summary } = loading.value;
        set({ status: 'failed', packages, summary, warnings: [], error: toCondockError(error) });
      }
    }
    return loading.value;
  };

  const load = (target: EnvironmentTarget, { again = false } = {}): Promise<LoadedEnvironment> => {
    const key = targetKey(target);
    const before = all.get(key);
    if (before !== undefined && !again) return before.work ?? Promise.resolve(before.value);
    before?.abort.abort();
    const value = before === undefined ? EMPTY : { ...before.value, status: 'loading' as const, error: undefined };
    const loading: Loading = { target, value, work: undefined, abort: new AbortController() };
    all.set(key, loading);
    changes.tell(target);
    loading.work = list(loading).finally(() => {
      loading.work = undefined;
    });
    return loading.work;
  };

  return {
    get status() {
      return root.status;
    },
    get error() {
      return root.error;
    },
    get found() {
      return root.found;
    },
    get warnings() {
      return root.warnings;
    },
    onDidChange: changes.add,
    discover: async (options) => {
      root.turn += 1;
      const turn = root.turn;
      root.status = 'loading';
      changes.tell(undefined);
      try {
        const { environments, warnings } = await source.discover(options);
        if (turn !== root.turn) return;
        const found = sortFound(environments);
        const isSame = JSON.stringify([found, warnings]) === JSON.stringify([root.found, root.warnings]);
        Object.assign(root, { status: 'ready', error: undefined, ...(isSame ? {} : { found, warnings }) });
        const paths = new Set(environments.map(({ path }) => path));
        for (const [key, { target, abort }] of all) {
          if (paths.has(target.path)) continue;
          abort.abort();
          all.delete(key);
        }
      } catch (error) {
        if (turn !== root.turn) return;
        Object.assign(root, { status: 'failed', error: toCondockError(error) });
      }
      changes.tell(undefined);
    },
    get: (target) => all.get(targetKey(target))?.value,
    load,
    reload: async (path) => {
      const again = [...all.values()].filter(({ target }) => path === undefined || target.path === path);
      await Promise.all(again.map(({ target }) => load(target, { again: true })));
    },
    loaded: () => [...all.values()].map(({ target, value }) => [target, value] as const),
  };
}

/**
 * While registries are asked again, what they said before stays: a row must not flicker from `available` to `unchecked`.
 */
function described(
  listing: EnvironmentListing,
  status: LoadedEnvironment['status'],
  before: LoadedEnvironment,
): LoadedEnvironment {
  const known = new Map(status === 'listed' ? before.packages.map((entry) => [identity(entry), entry]) : []);
  const now = listing.environments
    .flatMap((part) => part.packages)
    .map((entry) => {
      if (entry.state !== 'unchecked' || status !== 'listed') return entry;
      const earlier = known.get(identity(entry));
      return earlier === undefined || earlier.state === 'cached' ? entry : { ...earlier, size: entry.size };
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const packages = isSamePackages(now, before.packages) ? before.packages : now;
  return { status, packages, summary: summarize(packages), warnings: listing.warnings, error: undefined };
}

const identity = (entry: EnvironmentPackage): string =>
  entry.sha256 ?? entry.url ?? `${entry.subdir}/${entry.name}-${entry.version}-${entry.build}`;
