import { type CondockError, toCondockError } from '@condock/protocol';

/** How long many like pieces of work go on against a registry that does not answer: each of them fails only after all its tries. */
export interface Patience {
  /** Throws what was heard last when it has run out. */
  check(): void;
  /** A piece of work came to an end, whatever that was, in which registries answered. */
  answered(): void;
  failed(error: unknown): void;
}

/** Patience for so many failures in a row by silence. */
export function createPatience(failures: number): Patience {
  let inARow = 0;
  let last: CondockError | undefined;
  return {
    check: () => {
      if (inARow >= failures && last !== undefined) throw last;
    },
    answered: () => {
      inARow = 0;
    },
    failed: (error) => {
      const failure = toCondockError(error);
      if (failure.code !== 'unreachable' && failure.code !== 'timeout') return;
      inARow += 1;
      last = failure;
    },
  };
}
