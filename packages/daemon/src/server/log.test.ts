import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from './log.ts';

describe('createLog', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'cdl-')), 'logs');
  });
  afterEach(() => {
    rmSync(join(directory, '..'), { recursive: true });
  });
  const read = (name = 'condockd.log') => readFileSync(join(directory, name), 'utf8');

  it('writes a line for each call, for its user alone', () => {
    using log = createLog({ directory, now: () => new Date(0) });
    log.info('daemon ready', { generation: 3, address: '/a b', none: undefined });
    log.debug('not this');
    expect(read()).toBe(
      `1970-01-01T00:00:00.000Z info  ${String(process.pid)} daemon ready generation=3 address="/a b" none=undefined\n`,
    );
    expect(statSync(log.path).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('says what to do where it can not be begun', () => {
    writeFileSync(directory, '');
    expect(() => createLog({ directory })).toThrow(
      expect.objectContaining({
        code: 'daemon-unavailable',
        message: `The daemon's log ${directory}/condockd.log can't be written (EEXIST).`,
        hint: expect.stringContaining('CONDOCK_HOME') as string,
      }),
    );
  });

  it('writes no secret, wherever in a call it stands', () => {
    using log = createLog({ directory });
    const cause = new Error('GET https://u:hunter2@host/ failed');
    log.error('authorization: Bearer hunter2', { error: new Error('password=hunter2', { cause }) });
    log.warn('at https://conda.example/t/hunter2/c', { header: { authorization: 'Basic hunter2hunter2' } });
    expect(read()).toContain('caused by');
    expect(read()).not.toContain('hunter2');
  });

  it('lets no message pass for another entry, nor drive a terminal', () => {
    using log = createLog({ directory });
    log.info('answer was\n2026-01-01T00:00:00.000Z error 1 forged\u001b[2J');
    const lines = read().trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith(' '))).toHaveLength(1);
    expect(read()).not.toContain('\u001b');
  });

  it('begins a new file in time and keeps so many old ones', () => {
    using log = createLog({ directory, maxBytes: 200, keep: 2 });
    for (let n = 0; n < 20; n += 1) log.info(`line ${String(n)} ${'x'.repeat(80)}`);
    expect(readdirSync(directory).sort()).toEqual(['condockd.1.log', 'condockd.2.log', 'condockd.log']);
    expect(read()).toContain('line 19');
    for (const name of readdirSync(directory)) expect(read(name).length).toBeLessThanOrEqual(200);
  });

  it('goes on where an earlier process stopped, and says nothing after its end', () => {
    const first = createLog({ directory });
    first.info('one');
    first[Symbol.dispose]();
    first.info('lost');
    using second = createLog({ directory });
    second.info('two');
    expect(read()).toMatch(/one\n.* two\n$/);
    expect(read()).not.toContain('lost');
  });
});
