import type { ResultOf } from '@condock/protocol';
import { isAbsolute } from 'node:path';
import { findInFolder } from './discover/find-in-folder.ts';
import { findOnMachine } from './discover/find-on-machine.ts';

export interface DiscoverOptions {
  /** Absolute paths; looked at, and below to a small depth. */
  folders: readonly string[];
  /** Also what the user has outside of them. */
  machine: boolean;
  env: Readonly<Record<string, string | undefined>>;
  homedir: string;
  /** As Node says it. */
  platform: string;
}

export type Discovery = ResultOf<'env/discover'>;
export type Discovered = Discovery['environments'][number];

/**
 * What environments folders and the machine hold: prefixes, pixi workspaces, locks, explicit files, manifests. Reads no
 * package records, follows no links but pixi's own, and stops at a bound, with a warning. Never throws.
 */
export function discover(options: DiscoverOptions): Discovery {
  const found = new Map<string, Discovered>();
  const warnings: string[] = [];
  const add = (one: Discovered): void => {
    if (!found.has(one.path)) found.set(one.path, one);
  };
  for (const folder of options.folders) {
    if (!isAbsolute(folder)) warnings.push(`${folder} is no absolute path, so it was not looked at.`);
    else warnings.push(...findInFolder(folder, add));
  }
  if (options.machine) warnings.push(...findOnMachine(options, add));
  return { environments: [...found.values()], warnings };
}
