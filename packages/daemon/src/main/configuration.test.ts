import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfiguration } from './configuration.ts';

const FORGE = 'https://conda.anaconda.org/conda-forge';
const PACKAGE = `${FORGE}/linux-64/zlib-1.2.11-0.conda`;

describe('the configuration of an engine', () => {
  let home: string;
  let warned: string[];
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'cdc-'));
    warned = [];
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const put = (name: string, content: string): string => {
    const file = join(home, name);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const configuration = () =>
    createConfiguration({
      places: { cache: home, config: join(home, 'config'), runtime: home, logs: home },
      env: {},
      homedir: home,
      platform: 'linux',
      warn: (message) => warned.push(message),
    });

  it('names channels, not files, and says who configured them', () => {
    const file = put('config/config.toml', `[mirrors]\n"${FORGE}" = ["oci://r.example/cf"]\n`);
    expect(configuration().mapFor(undefined).targets(PACKAGE)).toEqual([
      { channel: 'oci://r.example/cf', source: `${file}, mirrors."${FORGE}"` },
    ]);
  });

  it('leaves https mirrors to clients that can use them', () => {
    put('.pixi/config.toml', `[mirrors]\n"${FORGE}" = ["https://cdn.example/cf", "oci://r.example/cf"]\n`);
    const channels = configuration()
      .mapFor(undefined)
      .targets(PACKAGE)
      .map(({ channel }) => channel);
    expect(channels).toEqual(['oci://r.example/cf', 'oci://ghcr.io/channel-mirrors/conda-forge']);
  });

  it("counts a workspace's own mirrors for what is in it, given its folder or a file in it, and for nothing else", () => {
    put('ws/.pixi/config.toml', `[mirrors]\n"${FORGE}" = ["oci://r.example/project"]\n`);
    const lock = put('ws/pixi.lock', '');
    const { mapFor } = configuration();
    const first = (path: string | undefined) => mapFor(path).targets(PACKAGE)[0]?.channel;
    expect(first(join(home, 'ws'))).toBe('oci://r.example/project');
    expect(first(lock)).toBe('oci://r.example/project');
    expect(first(undefined)).toBe('oci://ghcr.io/channel-mirrors/conda-forge');
  });

  it('sees an edited file with the next question, and complains of the same thing once', () => {
    const { mapFor, settings } = configuration();
    expect(mapFor(undefined).layoutOf({ host: 'r.example', path: 'cf' })).toBe('v0');
    put('config/config.toml', 'colour = "red"\n[layouts]\n"oci://r.example/cf" = "v1"\n');
    expect(mapFor(undefined).layoutOf({ host: 'r.example', path: 'cf' })).toBe('v1');
    expect(settings().warnings).toEqual(warned);
    expect(warned).toHaveLength(1);
  });

  it('stays the same map as long as it says the same', () => {
    const { mapFor } = configuration();
    const before = mapFor(undefined);
    expect(mapFor(home)).toBe(before);
    put('config/config.toml', `[mirrors]\n"${FORGE}" = ["oci://r.example/cf"]\n`);
    expect(mapFor(undefined)).not.toBe(before);
    put('config/config.toml', '');
    expect(mapFor(undefined)).toBe(before);
  });

  it('refuses a file that cannot be understood, rather than go on without it', () => {
    put('config/config.toml', '[mirrors\n');
    expect(() => configuration().mapFor(undefined)).toThrow(/config\.toml/);
  });
});
