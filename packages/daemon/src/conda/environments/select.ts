import { CondockError } from '@condock/protocol';
import type { ListedEnvironment } from './types.ts';

export interface Selection {
  environment?: string | undefined;
  /** A subdir, or the name that a pixi.lock gives a platform. */
  platform?: string | undefined;
}

/**
 * Narrows environments to a name and a platform. Throws `not-found` that names those which exist. `subdirs` says which
 * subdir stands behind a platform's name.
 */
export function select(
  environments: ListedEnvironment[],
  { environment, platform }: Selection,
  path: string,
  subdirs: ReadonlyMap<string, string> = new Map(),
): ListedEnvironment[] {
  const named = environment === undefined ? environments : environments.filter((e) => e.name === environment);
  if (environment !== undefined && named.length === 0) {
    throw unknown(
      `${path} has no environment "${environment}"`,
      'environments',
      environments.map((e) => e.name),
    );
  }
  if (platform === undefined) return named;
  const fitting = named.filter((e) => e.platform === platform);
  if (fitting.length > 0) return fitting;
  const behind = named.filter((e) => e.platform !== null && subdirs.get(e.platform) === platform);
  if (behind.length > 0) return behind;
  const where = environment === undefined ? path : `The environment "${environment}" of ${path}`;
  throw unknown(
    `${where} has no platform "${platform}"`,
    'platforms',
    named.flatMap((e) => e.platform ?? []),
  );
}

function unknown(message: string, what: string, existing: string[]): CondockError {
  const names = [...new Set(existing)];
  const listed = names.length === 0 ? 'none' : names.join(', ');
  return new CondockError('not-found', `${message}.`, { hint: `Its ${what}: ${listed}.`, data: { existing: listed } });
}
