import type * as NodeFs from 'node:fs';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { liveUntil } from '../../system/testing/mortal-files.ts';
import { createClientSetup } from './client-setup.ts';

vi.mock('node:fs', async (original) =>
  (await import('../../system/testing/mortal-files.ts')).mortalFs(await original<typeof NodeFs>()),
);

const CHANNEL = 'https://conda.anaconda.org/conda-forge';
const URL = 'http://127.0.0.1:4321/secret/conda-forge';
const urlOf = () => Promise.resolve({ url: URL });

describe('setup of conda clients', () => {
  let home: string;
  const setup = () => createClientSetup({ homedir: home, env: {}, platform: 'linux' });
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'condock-setup-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true });
  });

  it('shows what it would write, and writes nothing', async () => {
    const result = await setup()({ client: 'pixi', channel: CHANNEL, action: 'show' }, urlOf);
    expect(result.applied).toBe(false);
    expect(result.changes[0]?.after).toContain(URL);
    expect(existsSync(join(home, '.pixi'))).toBe(false);
  });

  it.each([
    ['pixi', '.pixi/config.toml', (t: string) => (parse(t).mirrors as Record<string, unknown>)[CHANNEL], [URL]],
    [
      'mamba',
      '.mambarc',
      (t: string) => (load(t) as { mirrored_channels: Record<string, unknown> }).mirrored_channels['conda-forge'],
      [URL],
    ],
    [
      'conda',
      '.condarc',
      (t: string) => (load(t) as { custom_channels: Record<string, unknown> }).custom_channels['conda-forge'],
      'http://127.0.0.1:4321/secret',
    ],
  ] as const)('writes what %s reads, and takes back the file that it made', async (client, file, read, expected) => {
    await setup()({ client, channel: CHANNEL, action: 'apply' }, urlOf);
    expect(read(readFileSync(join(home, file), 'utf8'))).toEqual(expected);
    await setup()({ client, channel: CHANNEL, action: 'revert' }, urlOf);
    expect(existsSync(join(home, file))).toBe(false);
  });

  it("leaves every byte of the user's own configuration as it was after a revert", async () => {
    const own =
      '# mine\nchannels:\n  - conda-forge\nmirrored_channels:\n  other: [https://example.org/other]  # keep\n';
    writeFileSync(join(home, '.mambarc'), own);
    await setup()({ client: 'mamba', channel: CHANNEL, action: 'apply' }, urlOf);
    const after = load(readFileSync(join(home, '.mambarc'), 'utf8')) as { mirrored_channels: Record<string, unknown> };
    expect(Object.keys(after.mirrored_channels).sort()).toEqual(['conda-forge', 'other']);
    await setup()({ client: 'mamba', channel: CHANNEL, action: 'revert' }, urlOf);
    expect(readFileSync(join(home, '.mambarc'), 'utf8')).toBe(own);
  });

  it.each([false, true])(
    'can be applied and taken back whatever change it was killed at (in a write: %s)',
    async (torn) => {
      const own = '[mirrors]\n"https://example.org/x" = ["https://example.org/y"]\n';
      const file = join(home, '.pixi', 'config.toml');
      const tell = (action: 'apply' | 'revert') => setup()({ client: 'pixi', channel: CHANNEL, action }, urlOf);
      for (const text of [undefined, own]) {
        for (let before = 1, died = true; died; before += 1) {
          if (text !== undefined) {
            mkdirSync(join(home, '.pixi'));
            writeFileSync(file, text);
          }
          ({ died } = await liveUntil({ before, torn }, async () => {
            await tell('apply');
            await tell('revert');
          }));
          if (existsSync(file)) parse(readFileSync(file, 'utf8'));
          // What was left may hold the channel's secret.
          for (const name of existsSync(join(home, '.pixi')) ? readdirSync(join(home, '.pixi')) : [])
            utimesSync(join(home, '.pixi', name), 1, 1);
          await tell('apply');
          expect((parse(readFileSync(file, 'utf8')).mirrors as Record<string, unknown>)[CHANNEL]).toEqual([URL]);
          expect(readdirSync(join(home, '.pixi'))).toEqual(['config.toml']);
          await tell('revert');
          expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(text);
          rmSync(join(home, '.pixi'), { recursive: true });
        }
      }
    },
  );

  it('never lets conda take another channel of the same name for the one that was meant', async () => {
    const second = () => Promise.resolve({ url: `${URL}-2` });
    await expect(setup()({ client: 'conda', channel: CHANNEL, action: 'apply' }, second)).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining(`${URL}-2`) as unknown,
    });
    expect(existsSync(join(home, '.condarc'))).toBe(false);
  });

  it('keeps the entries of several channels, and takes back the one that is named, or all', async () => {
    const ofChannel = (channel: string) =>
      Promise.resolve({ url: `http://127.0.0.1:4321/secret/${channel.split('/').at(-1) ?? ''}` });
    const other = 'https://conda.anaconda.org/bioconda/';
    const mirrors = () =>
      Object.keys(parse(readFileSync(join(home, '.pixi/config.toml'), 'utf8')).mirrors as object).sort();
    await setup()({ client: 'pixi', channel: CHANNEL, action: 'apply' }, ofChannel);
    await setup()({ client: 'pixi', channel: other, action: 'apply' }, ofChannel);
    expect(mirrors()).toEqual(['https://conda.anaconda.org/bioconda', CHANNEL]);
    await setup()({ client: 'pixi', channel: other, action: 'revert' }, ofChannel);
    expect(mirrors()).toEqual([CHANNEL]);
    await setup()({ client: 'pixi', channel: other, action: 'apply' }, ofChannel);
    await setup()({ client: 'pixi', action: 'revert' }, ofChannel);
    expect(existsSync(join(home, '.pixi/config.toml'))).toBe(false);
    await expect(setup()({ client: 'pixi', action: 'apply' }, ofChannel)).rejects.toMatchObject({ code: 'usage' });
  });

  it.skipIf(process.platform === 'win32')(
    'keeps the secret from other users, and writes where a link leads',
    async () => {
      const real = join(home, 'dotfiles-mambarc');
      writeFileSync(real, 'channels: [conda-forge]\n', { mode: 0o644 });
      symlinkSync(real, join(home, '.mambarc'));
      await setup()({ client: 'mamba', channel: CHANNEL, action: 'apply' }, urlOf);
      expect(lstatSync(join(home, '.mambarc')).isSymbolicLink()).toBe(true);
      expect(readFileSync(real, 'utf8')).toContain(URL);
      expect(statSync(real).mode & 0o777).toBe(0o600);
      await setup()({ client: 'conda', channel: CHANNEL, action: 'apply' }, urlOf);
      expect(statSync(join(home, '.condarc')).mode & 0o777).toBe(0o600);
    },
  );

  it('is the same applied twice', async () => {
    await setup()({ client: 'pixi', channel: CHANNEL, action: 'apply' }, urlOf);
    expect((await setup()({ client: 'pixi', channel: CHANNEL, action: 'apply' }, urlOf)).changes).toEqual([]);
  });

  it("refuses to stand beside the user's own entry, and to touch a file that does not parse", async () => {
    writeFileSync(join(home, '.condarc'), 'custom_channels:\n  conda-forge: https://mine.example\n');
    await expect(setup()({ client: 'conda', channel: CHANNEL, action: 'apply' }, urlOf)).rejects.toMatchObject({
      code: 'conflict',
    });
    writeFileSync(join(home, '.condarc'), 'custom_channels: [\n');
    await expect(setup()({ client: 'conda', channel: CHANNEL, action: 'apply' }, urlOf)).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });
});
