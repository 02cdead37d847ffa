import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HEARTBEAT } from './owner.ts';
import type { Processes, ProcessIdentity } from './process-identity.ts';

/** A living process whose instance shows no life for so long, while we look, has lost it (a thread that crashed). Milliseconds. */
const STILL = 4 * HEARTBEAT;
/** Of a process that can't be seen from here the heartbeat alone tells. Milliseconds. */
const UNSEEN = 10 * 60_000;

export interface OwnerWatchOptions {
  processes: Processes;
  clock: () => number;
  /** Milliseconds that go on only while this process runs, so that a machine's sleep does not age anybody. */
  monotonic?: () => number;
}

/** Tells whether the instance of a folder under `owners/` has ended. */
export class OwnerWatch {
  readonly #options: Required<OwnerWatchOptions>;
  readonly #seen = new Map<string, { beat: number; since: number }>();

  constructor(options: OwnerWatchOptions) {
    this.#options = { monotonic: () => performance.now(), ...options };
  }

  hasEnded(directory: string): boolean {
    const { processes, clock } = this.#options;
    const identity = readIdentity(join(directory, 'owner.json'));
    if (identity === undefined) return true;
    const state = processes.stateOf(identity.process);
    if (state === 'dead') return true;
    if (state === 'unknown') return clock() - identity.beat > UNSEEN;
    return this.#isStill(directory, identity.beat);
  }

  #isStill(directory: string, beat: number): boolean {
    const now = this.#options.monotonic();
    const last = this.#seen.get(directory);
    if (last?.beat === beat) return now - last.since > STILL;
    this.#seen.set(directory, { beat, since: now });
    return false;
  }
}

function readIdentity(path: string): { process: ProcessIdentity; beat: number } | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity> | null;
    if (typeof value?.pid !== 'number' || typeof value.host !== 'string') return undefined;
    return { process: value as ProcessIdentity, beat: statSync(path).mtimeMs };
  } catch {
    return undefined;
  }
}
