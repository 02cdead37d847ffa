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
  /** Looks again at what the store holds of all that was listed. Registries are asked only about what went from it. */
  follow(): Promise<void>;
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

  /** With `keep`, what registries said before stands, and they are asked only about what nothing is known of any more. */
  const list = async (loading: Loading, { keep }: { keep: boolean }): Promise<LoadedEnvironment> => {
    const { target, abort } = loading;
    const set = (value: LoadedEnvironment): void => {
      if (abort.signal.aborted) return;
      loading.value = value;
      changes.tell(target);
    };
    const ask = (check: boolean): Promise<EnvironmentListing> => source.show(target, { check, signal: abort.signal });
    try {
      const check = mayCheck();
      const local = await ask(false);
      const store = packagesOf(local);
      const merged = check ? withEarlier(store, loading.value.packages) : store;
      // What the store has, and what no registry could have, is settled without asking.
      const isOpen = check && (keep ? merged : store).some(({ state }) => state === 'unchecked');
      set(described(merged, local, isOpen ? 'listed' : 'complete', loading.value));
      watch(target.path);
      if (isOpen) {
        const full = await ask(true);
        set(described(packagesOf(full), full, 'complete', loading.value));
      }
    } catch (error) {
      if (!isCancellation(error)) {
        const { packages, summary } = loading.value;
        set({ status: 'failed', packages, summary, warnings: [], error: toCondockError(error) });
      }
    }
    return loading.value;
  };

  const work = (loading: Loading, options: { keep: boolean }): Promise<LoadedEnvironment> => {
    loading.work = list(loading, options).finally(() => {
      loading.work = undefined;
    });
    return loading.work;
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
    return work(loading, { keep: false });
  };

  const followOnce = async (): Promise<void> => {
    const follow = async (loading: Loading): Promise<void> => {
      await loading.work;
      const isCurrent = all.get(targetKey(loading.target)) === loading && loading.value.status === 'complete';
      if (isCurrent) await work(loading, { keep: true });
    };
    await Promise.all([...all.values()].map(follow));
  };
  let following: Promise<void> | undefined;
  let turns = 0;
  const follow = async (): Promise<void> => {
    // What changes while it is looked at is looked at once more.
    for (let seen = 0; seen !== turns;) {
      seen = turns;
      await followOnce();
    }
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
    follow: () => {
      turns += 1;
      following ??= follow().finally(() => {
        following = undefined;
      });
      return following;
    },
    loaded: () => [...all.values()].map(({ target, value }) => [target, value] as const),
  };
}

const packagesOf = ({ environments }: EnvironmentListing): readonly EnvironmentPackage[] =>
  environments.flatMap((part) => part.packages).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/**
 * While registries are asked again, what they said before stays: a row must not flicker from `available` to `unchecked`.
 */
function withEarlier(
  packages: readonly EnvironmentPackage[],
  earlier: readonly EnvironmentPackage[],
): readonly EnvironmentPackage[] {
  const known = new Map(earlier.map((entry) => [identity(entry), entry]));
  return packages.map((entry) => {
    const before = entry.state === 'unchecked' ? known.get(identity(entry)) : undefined;
    return before === undefined || before.state === 'cached' ? entry : { ...before, size: entry.size ?? before.size };
  });
}

function described(
  now: readonly EnvironmentPackage[],
  { warnings }: EnvironmentListing,
  status: LoadedEnvironment['status'],
  before: LoadedEnvironment,
): LoadedEnvironment {
  const packages = isSamePackages(now, before.packages) ? before.packages : now;
  return { status, packages, summary: summarize(packages), warnings, error: undefined };
}

const identity = (entry: EnvironmentPackage): string =>
  entry.sha256 ?? entry.url ?? `${entry.subdir}/${entry.name}-${entry.version}-${entry.build}`;
