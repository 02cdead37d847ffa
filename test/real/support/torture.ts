import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type BuiltPackage, buildPackages, type PackageSpec } from '../../support/packages/index.ts';
import type { CondockHome } from './condock.ts';

/** Times that a program is killed: few in CI, 50 with `npm run torture`. */
export const ROUNDS = Number(process.env.CONDOCK_TORTURE_ROUNDS ?? 10);

/** Packages of every size that is treated in its own way: a few kilobytes, and above the mebibyte that fits in one buffer. */
export function buildTorturePackages(folder: string): Promise<BuiltPackage[]> {
  const specs: PackageSpec[] = Array.from({ length: 14 }, (_, at) => {
    const bytes = at % 5 === 4 ? 2_500_000 : 2_000 + at * 3_000;
    return {
      name: `torture-${String(at)}`,
      build: 'h0_0',
      subdir: 'linux-64',
      format: at === 0 ? 'tar.bz2' : 'conda',
      files: { [`share/torture/${String(at)}.bin`]: randomBytes(bytes) },
    };
  });
  return buildPackages(specs, folder);
}

/** Blobs under `blobs/`, hashed by this test and not by the program; fails where one is not what its name says. */
export async function expectWholeStore(root: string): Promise<Set<string>> {
  const names = await readdir(join(root, 'blobs', 'sha256'));
  const digests = new Set<string>();
  for (const name of names) {
    const bytes = await readFile(join(root, 'blobs', 'sha256', name));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(name);
    digests.add(`sha256:${name}`);
  }
  expect(JSON.parse(await readFile(join(root, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' });
  expect(JSON.parse(await readFile(join(root, 'index.json'), 'utf8'))).toMatchObject({ schemaVersion: 2 });
  return digests;
}

/** Kills the process that does the work: the daemon, or with `--no-daemon` the command itself. */
export async function killWorker(home: CondockHome, commandPid: number, daemon: boolean): Promise<void> {
  const pids = daemon ? await home.living() : [commandPid];
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It was faster.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
