/** Many calls in a row become one, so many milliseconds after the first. */
export function soon(work: () => void, milliseconds: number): { call: () => void; dispose: () => void } {
  let waiting: NodeJS.Timeout | undefined;
  return {
    call: () => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        work();
      }, milliseconds);
    },
    dispose: () => {
      clearTimeout(waiting);
    },
  };
}
