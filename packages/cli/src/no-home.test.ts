import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CondockError } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../test/support/packages/index.ts';
import { openClient } from './open-client.ts';
import { type RunResult, runWith } from './testing/run-with.ts';

describe('where nothing can be written to the home', () => {
  let folder: string;
  let home: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cdn-'));
    // Permissions mean nothing to root; a file in the place of a folder does.
    writeFileSync(join(folder, 'file'), '');
    home = join(folder, 'file', 'home');
    await buildPackage({ name: 'a', version: '1', build: '0', format: 'conda', files: { 'bin/a': 'a' } }, folder);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const condock = (...args: string[]): Promise<RunResult> => {
    const env = { PATH: process.env.PATH ?? '', HOME: folder, CONDOCK_HOME: home };
    const { signal } = new AbortController();
    const connect = (how: { noDaemon: boolean }) => openClient({ ...how, env, signal });
    return runWith(args, { env, connect, cwd: folder });
  };

  describe.each([[[]], [['--no-daemon']]])('with %j', (options: string[]) => {
    it('names references, and reads them back', async () => {
      const named = await condock('ref', 'a-1-0.conda', '--channel', 'oci://localhost/c', ...options);
      expect(named).toMatchObject({ code: 0, out: 'oci://localhost/c/noarch/a:1-0\n', err: '' });
      const read = await condock('ref', '--decode', 'oci://localhost/c/noarch/a:1-0', ...options);
      expect(read).toMatchObject({ code: 0, out: 'oci://localhost/c/noarch  a 1 0\n', err: '' });
    });

    it('shows what is inside a file, and which files', async () => {
      expect(await condock('show', 'a-1-0.conda', ...options)).toMatchObject({ code: 0, err: '' });
      expect(await condock('show', '--files', 'a-1-0.conda', ...options)).toMatchObject({ code: 0, err: '' });
    });

    it('lists environments', async () => {
      expect(await condock('env', 'list', folder, ...options)).toMatchObject({
        code: 0,
        out: 'No environments here.\n',
      });
    });
  });

  it('says where the store would be and what to do, where one is needed', async () => {
    const { code, err } = await condock('cache', 'status', '--no-daemon');
    expect(code).toBe(1);
    expect(err).toContain(join(home, 'cache', 'store'));
    expect(err).toContain('choose another place with CONDOCK_HOME');
  });

  it('starts no other way what was meant for the daemon', async () => {
    const refuse = new CondockError('daemon-unavailable', 'None.');
    const { code, connected } = await runWith(['cache', 'status'], { refuse });
    expect({ code, connected }).toEqual({ code: 1, connected: { noDaemon: false } });
  });
});
