import { existsSync, statSync } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import { type CondockError, systemTimers } from '@condock/protocol';
import { type FSWatcher, watch as watchFiles } from 'chokidar';
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
/** Between two looks for a folder that has gone. */
const RETURN_MS = 1000;

/** What counts below a folder that is a prefix or a workspace. */
const WITHIN =
  /^(?:conda-meta|pixi\.lock|pixi\.toml|pyproject\.toml|\.pixi|\.pixi\/envs|\.pixi\/envs\/[^/]+(?:\/conda-meta)?)$/;

/**
 * Calls back when what `readEnvironment(path)` lists may have changed: a lock or other file written, replaced by rename,
 * deleted or made anew, with the folder above it or without; records that came or went in a prefix; any of these in a workspace. Resolves once it sees.
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
  const { onError, timers = systemTimers } = options;
  let watcher: FSWatcher | undefined;
  let stopLooking: (() => void) | undefined;
  let isClosed = false;

  const open = async (): Promise<void> => {
    const opened = watchFiles(root, {
      ignoreInitial: true,
      ignorePermissionErrors: true,
      ignored: (one) => one !== root && one !== target && !WITHIN.test(relative(target, one).split(sep).join('/')),
    });
    watcher = opened;
    opened.on('all', (event, changed) => {
      if (changed !== root) bell.ring();
      else if (event === 'unlinkDir') void lookForReturn(opened);
    });
    // The records themselves are ignored; that something happened among them is only said here.
    opened.on('raw', (_event, _name, details) => {
      if (isRecordFolder(details)) bell.ring();
    });
    await new Promise<void>((resolve, reject) => {
      opened.once('ready', resolve);
      opened.once('error', (error) => {
        reject(unreadable(target, error));
      });
    });
    opened.on('error', (error) => onError?.(unreadable(target, error)));
  };

  // The folder above is gone as well, and nothing says when one comes back in its place: another branch, another disk.
  const lookForReturn = async (gone: FSWatcher): Promise<void> => {
    bell.ring();
    await gone.close();
    const look = (): void => {
      if (isClosed) return;
      if (!existsSync(root)) {
        stopLooking = timers.after(RETURN_MS, look);
        return;
      }
      open().then(bell.ring, (error: unknown) => onError?.(unreadable(target, error)));
    };
    look();
  };

  const close = async (): Promise<void> => {
    isClosed = true;
    stopLooking?.();
    bell.silence();
    await watcher?.close();
  };
  try {
    await open();
  } catch (error) {
    await close();
    throw error;
  }
  return { close, [Symbol.asyncDispose]: close };
}

function isRecordFolder(details: unknown): boolean {
  const watched = (details as { watchedPath?: unknown } | null)?.watchedPath;
  return typeof watched === 'string' && basename(watched) === 'conda-meta';
}
