import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../store-failure.ts';
import type { StoreLog } from '../store-log.ts';
import type { StorePaths } from '../store-paths.ts';

/** Sets bad blobs aside: by rename, so that who reads one at this moment reads on, and what it was can be looked at. */
export class BadBlobs {
  readonly #paths: StorePaths;
  readonly #log: StoreLog;

  constructor(paths: StorePaths, log: StoreLog) {
    this.#paths = paths;
    this.#log = log;
  }

  /** `name` is a file's name in `blobs/sha256/`. False where it has gone already. Throws Node's own error. */
  setAside(name: string, reason: string): boolean {
    const place = join(this.#paths.bad, `${name}.${randomBytes(4).toString('hex')}`);
    try {
      renameSync(join(this.#paths.blobs, name), place);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
    this.#log({ level: 'warn', message: `Set aside ${name}: ${reason}.`, facts: { place } });
    return true;
  }
}
