import { statSync } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import { type CondockError, systemTimers } from '@condock/protocol';
import { watch as watchFiles } from 'chokidar';
import { type BellOptions, createBell } from './bell.ts';
import { unreadable } from './read-text.ts';

export interface WatchOptions extends Partial<BellOptions> {
  /** Told when the watch fails later on, for example for want of file handles. */
  onError?: (error: CondockError) => void;
}

export interface EnvironmentWatch extends AsyncDisposable {
  close(): Promise<void>;
}

const QUIET_MS = 200;
const PATIENCE_MS = 2000;

/** What counts below a folder that is a prefix or a workspace. */
const WITHIN =
  /^(?:conda-meta|pixi\.lock|pixi\.toml|pyproject\.toml|\.pixi|\.pixi\/envs|\.pixi\/envs\/[^/]+(?:\/conda-meta)?)$/;

/**
 * Calls back when what `readEnvironment(path)` lists may have changed: a lock or other file written, replaced by rename,
 * deleted or made anew; records that came or went in a prefix; any of these in a workspace. Resolves once it sees.
 * Looks at folders and at locks, never at each record: hundreds of handles would be hundreds too many.
 * Throws `not-found` and `invalid-environment` where the path can't be looked at.
 */
export async function watchEnvironment(
  path: string,
  onChange: () => void,
  options: WatchOptions = {},
): Promise<EnvironmentWatch> {
  const target = basename(path) === 'conda-meta' ? dirname(path) : path;
  try {
    statSync(target);
  } catch (error) {
    throw unreadable(target, error);
  }
  // From above, so that the path itself may go and come back.
  const root = dirname(target);
  const bell = createBell(onChange, {
    quietMs: options.quietMs ?? QUIET_MS,
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    timers: options.timers ?? systemTimers,
  });
  const watcher = watchFiles(root, {
    ignoreInitial: true,
    ignorePermissionErrors: true,
    ignored: (one) => one !== root && one !== target && !WITHIN.test(relative(target, one).split(sep).join('/')),
  });
  watcher.on('all', (_event, changed) => {
    if (changed !== root) bell.ring();
  });
  // The records themselves are ignored; that something happened among them is only said here.
  watcher.on('raw', (_event, _name, details) => {
    if (isRecordFolder(details)) bell.ring();
  });
  const close = async (): Promise<void> => {
    bell.silence();
    await watcher.close();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      watcher.once('ready', resolve);
      watcher.once('error', (error) => {
        reject(unreadable(target, error));
      });
    });
  } catch (error) {
    await close();
    throw error;
  }
  watcher.on('error', (error) => options.onError?.(unreadable(target, error)));
  return { close, [Symbol.asyncDispose]: close };
}

function isRecordFolder(details: unknown): boolean {
  const watched = (details as { watchedPath?: unknown } | null)?.watchedPath;
  return typeof watched === 'string' && basename(watched) === 'conda-meta';
}
