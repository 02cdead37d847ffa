/** Time as a parameter: what a test replaces to decide when something is due. */
export interface Timers {
  /** Milliseconds since an arbitrary instant; never goes back. */
  now(): number;
  /** Calls back once after so many milliseconds. Returns what takes the call back. Never keeps a process alive. */
  after(milliseconds: number, callback: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
