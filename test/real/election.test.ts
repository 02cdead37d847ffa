import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bundleProgram } from '../support/bundle.ts';
import { electionRound } from '../support/election-round.ts';
import { createTemporaryHome } from '../support/temporary-home.ts';

it('leaves one daemon of 12 in each of 30 rounds with kills between', { timeout: 300_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cdk-bundle-'));
  const home = createTemporaryHome();
  try {
    const entry = fileURLToPath(new URL('../support/tiny-daemon.ts', import.meta.url));
    const script = await bundleProgram(entry, directory, 'd');
    for (let round = 0; round < 30; round += 1) {
      const { pids, living } = await electionRound(home, script, 12);
      expect(new Set(pids).size, `round ${String(round)}`).toBe(1);
      expect(living).toEqual([pids[0]]);
      await home.killAll();
    }
  } finally {
    await home[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  }
});
