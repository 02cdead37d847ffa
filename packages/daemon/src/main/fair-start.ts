/** Begins pieces of work, each lane in its turn. */
export interface FairStart {
  /**
   * Begins at once where nothing else has begun in this turn of the event loop; else later, when the other lanes had
   * theirs. The function that is returned takes back what has not begun: true where that was in time.
   */
  begin(lane: string, work: () => void): () => boolean;
}

/**
 * One piece of work a turn, the lanes (connections) one after the other: who asks for a thousand things at once waits
 * for them alone, and what was taken back in the meantime is never begun.
 * @param defer Calls back in the next turn, when what came in was heard: `setImmediate`.
 */
export function createFairStart(defer: (callback: () => void) => void): FairStart {
  const lanes = new Map<string, Set<() => void>>();
  let isTaken = false;

  const next = (): void => {
    isTaken = false;
    for (const [lane, waiting] of lanes) {
      lanes.delete(lane);
      for (const work of waiting) {
        waiting.delete(work);
        if (waiting.size > 0) lanes.set(lane, waiting);
        run(work);
        return;
      }
    }
  };
  const run = (work: () => void): void => {
    isTaken = true;
    defer(next);
    work();
  };

  return {
    begin: (lane, work) => {
      if (!isTaken) {
        run(work);
        return () => false;
      }
      const waiting = lanes.get(lane) ?? new Set();
      lanes.set(lane, waiting);
      // One function may be begun twice; each time is a piece of work of its own.
      const piece = (): void => work();
      waiting.add(piece);
      return () => waiting.delete(piece);
    },
  };
}
