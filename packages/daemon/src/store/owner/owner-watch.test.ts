import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../../../../test/support/bundle.ts';
import { OwnerWatch } from './owner-watch.ts';
import { type Processes, type ProcessIdentity, systemProcesses } from './process-identity.ts';

const IDENTITY = fileURLToPath(new URL('process-identity.ts', import.meta.url));

describe('OwnerWatch', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'condock-owner-')), 'owner');
    mkdirSync(folder);
    writeFileSync(join(folder, 'owner.json'), '{"host":"h","pid":1}');
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  const says = (state: 'alive' | 'dead' | 'unknown'): Processes => ({
    self: () => ({ host: 'h', pid: 2 }),
    stateOf: () => state,
  });

  it('believes what the system says of a process, and that a folder without a proof is nobody’s', () => {
    expect(new OwnerWatch({ processes: says('dead'), clock: Date.now }).hasEnded(folder)).toBe(true);
    expect(new OwnerWatch({ processes: says('alive'), clock: Date.now }).hasEnded(folder)).toBe(false);
    rmSync(join(folder, 'owner.json'));
    expect(new OwnerWatch({ processes: says('alive'), clock: Date.now }).hasEnded(folder)).toBe(true);
  });

  it('takes an instance for ended that shows no life while its process lives and we look', () => {
    let now = 0;
    const watch = new OwnerWatch({ processes: says('alive'), clock: Date.now, monotonic: () => now });
    expect(watch.hasEnded(folder)).toBe(false);
    now += 50_000;
    utimesSync(join(folder, 'owner.json'), 5, 5);
    expect(watch.hasEnded(folder)).toBe(false);
    now += 50_000;
    expect(watch.hasEnded(folder)).toBe(false);
    now += 20_000;
    expect(watch.hasEnded(folder)).toBe(true);
  });

  it('goes by the heartbeat where the process can’t be seen from here', () => {
    let now = Date.now();
    const watch = new OwnerWatch({ processes: says('unknown'), clock: () => now });
    expect(watch.hasEnded(folder)).toBe(false);
    now += 11 * 60_000;
    expect(watch.hasEnded(folder)).toBe(true);
  });

  it('tells this process, an ended one, and another that got the same pid', async () => {
    const self = systemProcesses.self();
    expect(systemProcesses.stateOf(self)).toBe('alive');
    expect(systemProcesses.stateOf({ ...self, host: 'elsewhere' })).toBe('unknown');
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    expect(systemProcesses.stateOf({ ...self, pid: child.pid ?? 0, start: '1' })).toBe('dead');
    if (process.platform === 'linux') {
      expect(systemProcesses.stateOf({ ...self, start: '1' })).toBe('dead');
      expect(systemProcesses.stateOf({ ...self, boot: 'another' })).toBe('dead');
      expect(systemProcesses.stateOf({ ...self, namespace: 'another' })).toBe('unknown');
    }
  });

  it.runIf(process.platform === 'linux')('tells a thread that has ended in a process that lives', async () => {
    const script = await bundleProgram(IDENTITY, folder, 'identity');
    const source = `import(${JSON.stringify(script)}).then(({ systemProcesses }) => {
      require('node:worker_threads').parentPort.on('message', () => undefined).postMessage(systemProcesses.self());
    })`;
    const worker = new Worker(source, { eval: true });
    const [identity] = (await once(worker, 'message')) as [ProcessIdentity];
    expect(identity).toMatchObject({ pid: process.pid });
    expect(systemProcesses.stateOf(identity)).toBe('alive');
    await worker.terminate();
    expect(systemProcesses.stateOf(identity)).toBe('dead');
    expect(systemProcesses.stateOf(systemProcesses.self())).toBe('alive');
  });
});
