import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureSkeleton } from '../skeleton.ts';
import { guarded } from '../store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import type { StorePaths } from '../store-paths.ts';
import type { Processes } from './process-identity.ts';

/** How often an instance shows that it lives (the time of its `owner.json`). Milliseconds. */
export const HEARTBEAT = 15_000;

export interface OwnerOptions {
  paths: StorePaths;
  processes: Processes;
  log: StoreLog;
}

/** True for the whole name of an instance. */
export function isOwnerId(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}

/**
 * This instance of the store among all processes that share it: one folder with a proof of who it is, made at first need,
 * that holds all it has under way. Whoever finds the folder of an ended process takes it over by one rename.
 */
export class Owner implements Disposable {
  readonly id = randomBytes(8).toString('hex');
  readonly #options: OwnerOptions;
  readonly #path: string;
  #made = false;
  #serial = 0;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: OwnerOptions) {
    this.#options = options;
    this.#path = join(options.paths.owners, this.id);
  }

  /** The folder, made where it is not yet. Throws `store-failed`. */
  get path(): string {
    this.ensure();
    return this.#path;
  }

  ensure(): void {
    if (!this.#made) this.#make();
  }

  /** A file that holds the id, to be linked to where this owner's name must appear at once. */
  get idFile(): string {
    return join(this.path, 'id');
  }

  /** A name in the folder that nothing has yet. */
  scratch(kind: 'tmp' | 'lease' | 'reaped'): string {
    this.#serial += 1;
    return join(this.path, `${kind}-${this.#serial}`);
  }

  /** Where an unfinished download is while it is under way. */
  partial(hex: string): string {
    return join(this.path, `partial-${hex}`);
  }

  /** The second name that a blob keeps until the disk has it. */
  unsynced(hex: string): string {
    return join(this.path, 'unsynced', hex);
  }

  /** After the folder was taken away (by hand, or from a process that was asleep too long): a new one. */
  remake(): void {
    this.#made = false;
    ensureSkeleton(this.#options.paths);
    this.#make();
  }

  #make(): void {
    const { paths, processes } = this.#options;
    guarded('write in', paths.owners, () => {
      if (!existsSync(paths.owners)) ensureSkeleton(paths);
      if (!existsSync(join(this.#path, 'owner.json'))) {
        // A folder without owner.json belongs to nobody: it appears with it.
        const fresh = join(paths.owners, `.new-${this.id}`);
        rmSync(fresh, { recursive: true, force: true });
        mkdirSync(join(fresh, 'unsynced'), { recursive: true, mode: 0o700 });
        writeFileSync(join(fresh, 'id'), this.id, { mode: 0o600 });
        writeFileSync(join(fresh, 'owner.json'), JSON.stringify(processes.self()), { mode: 0o600 });
        renameSync(fresh, this.#path);
      }
    });
    this.#made = true;
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT).unref();
  }

  #beat(): void {
    try {
      const now = new Date();
      utimesSync(join(this.#path, 'owner.json'), now, now);
    } catch {
      this.#made = false;
      this.#options.log({ level: 'warn', message: `${this.#path} was taken away; work under way may fail once.` });
    }
  }

  /** Ends, and leaves the folder for others to settle, as a process does that ends without a word. */
  abandon(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  [Symbol.dispose](): void {
    this.abandon();
    if (!this.#made) return;
    this.#made = false;
    rmSync(this.#path, { recursive: true, force: true });
  }
}
