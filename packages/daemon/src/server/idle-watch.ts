import type { Timers } from '@condock/protocol';

export interface IdleWatch {
  /** To be called whenever a client or a job has come or gone. */
  update(): void;
  stop(): void;
}

export interface IdleWatchOptions {
  idleMs: number;
  timers: Timers;
  /** No client and no job. */
  isQuiet: () => boolean;
  /** Something else still needs the daemon; asked only when its time has come. */
  isBusy: () => boolean;
  onIdle: () => void;
}

/** Calls `onIdle` once when it has been quiet for so many milliseconds without a break. */
export function watchIdle(options: IdleWatchOptions): IdleWatch {
  let cancel: (() => void) | undefined;
  let stopped = false;
  const update = (): void => {
    if (stopped) return;
    if (options.isQuiet()) {
      cancel ??= options.timers.after(options.idleMs, fire);
    } else {
      cancel?.();
      cancel = undefined;
    }
  };
  const fire = (): void => {
    cancel = undefined;
    if (options.isBusy()) {
      update();
      return;
    }
    stopped = true;
    options.onIdle();
  };
  return {
    update,
    stop: () => {
      stopped = true;
      cancel?.();
    },
  };
}
