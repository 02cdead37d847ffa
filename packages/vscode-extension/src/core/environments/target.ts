import type { EnvironmentKind } from '@condock/protocol';

/** One environment for one platform, as `env/show` and `prefetch/run` are asked for it. */
export interface EnvironmentTarget {
  path: string;
  environment?: string | undefined;
  platform?: string | undefined;
}

/** What `env/discover` found at one path. */
export interface FoundEnvironment {
  path: string;
  kind: EnvironmentKind;
  names: readonly string[];
  platforms: readonly string[];
  note: string | null;
}

const RANK: readonly EnvironmentKind[] = ['pixi-workspace', 'pixi-lock', 'conda-lock', 'explicit', 'prefix', 'specs'];

/** What people mean first comes first: a workspace before its lock, a lock before what is installed of it; then by path. */
export function sortFound(found: readonly FoundEnvironment[]): FoundEnvironment[] {
  const rank = ({ kind }: FoundEnvironment): number => RANK.indexOf(kind);
  return [...found].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1));
}

/** Tells targets apart; not for people. */
export const targetKey = ({ path, environment = '', platform = '' }: EnvironmentTarget): string =>
  [path, environment, platform].join('\u0000');

/** As parameters of a request: what is undefined is left out. */
export function targetParams({ path, environment, platform }: EnvironmentTarget): {
  path: string;
  environment?: string;
  platform?: string;
} {
  return {
    path,
    ...(environment === undefined ? {} : { environment }),
    ...(platform === undefined ? {} : { platform }),
  };
}

/**
 * The environments that a path holds. One without names or platforms is asked for as a whole. The platform of this machine
 * comes first, as does the environment `default`.
 */
export function targetsOf(found: FoundEnvironment, here: string): EnvironmentTarget[] {
  if (found.kind === 'specs') return [];
  const first = <T>(list: readonly T[], wanted: T): readonly T[] =>
    list.includes(wanted) ? [wanted, ...list.filter((item) => item !== wanted)] : list;
  // A prefix is one environment; its name is only its folder's.
  const names = found.kind === 'prefix' ? [] : first(found.names, 'default');
  const platforms = found.kind === 'prefix' ? [] : first(found.platforms, here);
  const named = names.length === 0 ? [undefined] : names;
  const placed = platforms.length === 0 ? [undefined] : platforms;
  return named.flatMap((environment) => placed.map((platform) => ({ path: found.path, environment, platform })));
}

/** The subdir that conda calls this machine. */
export function machineSubdir(platform: string, arch: string): string {
  const system = platform === 'win32' ? 'win' : platform === 'darwin' ? 'osx' : 'linux';
  if (arch === 'x64') return `${system}-64`;
  if (arch === 'arm64') return system === 'linux' ? 'linux-aarch64' : `${system}-arm64`;
  return `${system}-${arch === 'ia32' ? '32' : arch}`;
}
