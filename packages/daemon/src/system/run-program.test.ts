import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPlainProgramName, runProgram } from './run-program.ts';

describe.skipIf(process.platform === 'win32')('runProgram', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'condock-run-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  const script = (name: string, body: string): void => {
    writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(dir, name), 0o755);
  };
  const env = () => ({ PATH: `${dir}:/usr/bin:/bin` });
  const run = (program: string, more: Partial<Parameters<typeof runProgram>[0]> = {}) =>
    runProgram({ program, env: env(), timeoutMs: 10_000, ...more });

  it('gives what the program wrote on either stream and its exit code, and hands it its input', async () => {
    script('echo-input', 'cat; echo "$1" >&2; exit 3');
    expect(await run('echo-input', { args: ['a; b'], stdin: 'hello' })).toEqual({
      exitCode: 3,
      stdout: 'hello',
      stderr: 'a; b\n',
    });
  });

  it('does not fail where the program ends without reading its input', async () => {
    script('no-reader', 'exit 0');
    expect((await run('no-reader', { stdin: 'x'.repeat(1_000_000) })).exitCode).toBe(0);
  });

  it('tells a missing program apart from every other failure', async () => {
    await expect(run('condock-no-such-program')).rejects.toMatchObject({
      code: 'helper-failed',
      data: { reason: 'missing' },
    });
  });

  it('refuses paths and everything that a shell or a path lookup would read into a name', async () => {
    script('there', 'touch ran');
    for (const name of ['./there', '../there', '/bin/true', 'a b', '-x', '', 'a;b', 'a\\b', '..', 'c:there', 'a\0b']) {
      expect(isPlainProgramName(name), name).toBe(false);
      await expect(run(name)).rejects.toMatchObject({ code: 'helper-failed' });
    }
    expect(isPlainProgramName('docker-credential-ecr-login')).toBe(true);
  });

  it('finds nothing through relative entries of PATH', async () => {
    script('planted', 'exit 0');
    const before = process.cwd();
    process.chdir(dir);
    try {
      await expect(run('planted', { env: { PATH: '.::/usr/bin' } })).rejects.toMatchObject({
        data: { reason: 'missing' },
      });
    } finally {
      process.chdir(before);
    }
  });

  it('kills a program that does not end, and what that has started, though they hold the pipes', async () => {
    const mark = join(dir, 'survived');
    script('hangs', `(sleep 1; touch '${mark}') & sleep 60`);
    await expect(run('hangs', { timeoutMs: 200 })).rejects.toMatchObject({ code: 'timeout' });
    await sleep(1500);
    expect(existsSync(mark)).toBe(false);
  });

  it('kills a program that writes without end', async () => {
    script('floods', 'yes');
    await expect(run('floods', { maxOutputBytes: 1000 })).rejects.toMatchObject({ code: 'helper-failed' });
  });

  it('ends the program when the request is cancelled, and does not start it where it was before', async () => {
    script('waits', 'sleep 60');
    const controller = new AbortController();
    const running = run('waits', { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await expect(run('waits', { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
