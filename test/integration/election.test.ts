import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, nodeCommand } from '@condock/client';
import { bundleProgram } from '../support/bundle.ts';
import { electionRound } from '../support/election-round.ts';
import { createTemporaryHome } from '../support/temporary-home.ts';

describe('many starters at once', () => {
  let directory: string;
  let script: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cdk-bundle-'));
    script = await bundleProgram(fileURLToPath(new URL('../support/tiny-daemon.ts', import.meta.url)), directory, 'd');
  }, 30_000);
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('end with one daemon and every client on it, over rounds with kills between', { timeout: 60_000 }, async () => {
    const home = createTemporaryHome();
    try {
      for (let round = 0; round < 3; round += 1) {
        const { pids, living } = await electionRound(home, script, 12);
        expect(new Set(pids).size, `round ${String(round)}`).toBe(1);
        expect(living).toEqual([pids[0]]);
        await home.killAll();
      }
    } finally {
      await home[Symbol.asyncDispose]();
    }
  });

  it('hear within the call why a daemon could not start', async () => {
    const home = createTemporaryHome();
    const client = { name: 'test', version: '0' };
    try {
      const env = { ...home.env, CONDOCK_TEST_CRASH: '1' };
      await expect(connect({ client, env, daemonCommand: nodeCommand(script) })).rejects.toMatchObject({
        code: 'daemon-unavailable',
        message: expect.stringContaining('crashed on purpose') as string,
      });
      await expect(
        connect({ client, env: home.env, daemonCommand: { command: '/nonexistent/condockd', args: [] } }),
      ).rejects.toMatchObject({ code: 'daemon-unavailable' });
      expect(await home.living()).toEqual([]);
    } finally {
      await home[Symbol.asyncDispose]();
    }
  });
});
