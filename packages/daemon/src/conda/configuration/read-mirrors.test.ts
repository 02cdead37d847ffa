import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCondockConfig } from './condock-config.ts';
import { mapUrl } from './map-url.ts';
import { type MirrorOptions, readMirrors } from './read-mirrors.ts';

const FORGE = 'https://conda.anaconda.org/conda-forge';
const PACKAGE = `${FORGE}/linux-64/zlib-1.2.11-0.tar.bz2`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'condock-mirrors-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

function put(path: string, text: string): string {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const table = (prefix: string, target: string) => `[mirrors]\n"${prefix}" = ["${target}"]\n`;

function mirrors(options: Partial<MirrorOptions> = {}) {
  return readMirrors({ env: {}, homedir: home, platform: 'linux', ...options });
}

function targetsOf(url: string, options: Partial<MirrorOptions> = {}) {
  return mapUrl(url, mirrors(options)).map((mapped) => mapped.url);
}

describe('readMirrors and mapUrl', () => {
  it('map the two public channels to the public mirrors where nothing is configured', () => {
    expect(targetsOf(PACKAGE)).toEqual(['oci://ghcr.io/channel-mirrors/conda-forge/linux-64/zlib-1.2.11-0.tar.bz2']);
    expect(targetsOf('https://conda.anaconda.org/bioconda/')).toEqual(['oci://ghcr.io/channel-mirrors/bioconda']);
    expect(targetsOf('https://repo.anaconda.com/pkgs/main/linux-64/x-1-0.conda')).toEqual([]);
  });

  it('match on whole path segments alone', () => {
    expect(targetsOf('https://conda.anaconda.org/conda-forge-staging/noarch/x-1-0.conda')).toEqual([]);
  });

  it('leave out tokens, user names, case of the host and the default port before they compare', () => {
    expect(targetsOf('https://me:secret@CONDA.anaconda.org:443/t/tk-123/conda-forge/noarch/x-1-0.conda')).toEqual([
      'oci://ghcr.io/channel-mirrors/conda-forge/noarch/x-1-0.conda',
    ]);
  });

  it('let the longest prefix decide, and ask the built-in mirrors last', () => {
    put(
      '.pixi/config.toml',
      `${table('https://conda.anaconda.org/', 'oci://r.example/all')}"${FORGE}/" = ["oci://r.example/cf/", "https://cdn.example/cf"]\n`,
    );
    expect(targetsOf(`${FORGE}/noarch/x-1-0.conda`)).toEqual([
      'oci://r.example/cf/noarch/x-1-0.conda',
      'https://cdn.example/cf/noarch/x-1-0.conda',
      'oci://ghcr.io/channel-mirrors/conda-forge/noarch/x-1-0.conda',
    ]);
    expect(targetsOf('https://conda.anaconda.org/other/noarch/x-1-0.conda')).toEqual([
      'oci://r.example/all/other/noarch/x-1-0.conda',
    ]);
  });

  it("ask no built-in mirror of a channel for which Condock's own configuration says where it is", () => {
    const own = [{ prefix: FORGE, targets: ['oci://r.example/cf'], source: 'config.toml', scope: 'condock' as const }];
    expect(targetsOf(`${FORGE}/noarch/x-1-0.conda`, { own })).toEqual(['oci://r.example/cf/noarch/x-1-0.conda']);
    expect(targetsOf('https://conda.anaconda.org/bioconda', { own })).toEqual([
      'oci://ghcr.io/channel-mirrors/bioconda',
    ]);
  });

  it("take pixi's files in pixi's order, and say which one it was", () => {
    const project = join(home, 'ws');
    put('ws/.pixi/config.toml', table(FORGE, 'oci://r.example/project'));
    const own = put('ph/config.toml', table(FORGE, 'oci://r.example/pixi-home'));
    put('.pixi/config.toml', table('https://a.example/x', 'oci://r.example/dot-pixi'));
    put('xdg/pixi/config.toml', table('https://a.example/x', 'oci://r.example/xdg'));
    put('.config/pixi/config.toml', table('https://b.example', 'oci://r.example/config'));
    const env = { PIXI_HOME: join(home, 'ph'), XDG_CONFIG_HOME: join(home, 'xdg') };
    expect(targetsOf(FORGE, { env, projectFolder: project })[0]).toBe('oci://r.example/project');
    expect(mirrors({ env, projectFolder: project })[0]).toMatchObject({ scope: 'project' });
    expect(mirrors({ env })[0]).toEqual({
      prefix: FORGE,
      targets: ['oci://r.example/pixi-home'],
      source: `${own}, mirrors."${FORGE}"`,
      scope: 'user',
    });
    expect(targetsOf('https://a.example/x', { env })).toEqual(['oci://r.example/dot-pixi']);
    expect(targetsOf('https://b.example/c', { env })).toEqual(['oci://r.example/config/c']);
  });

  it("keep to PIXI_CONFIG_FILE, or to the project's file under PIXI_NO_CONFIG", () => {
    put('ws/.pixi/config.toml', table('https://p.example', 'oci://r.example/project'));
    put('.pixi/config.toml', table('https://u.example', 'oci://r.example/user'));
    const only = put('only.toml', table('https://o.example', 'oci://r.example/only'));
    const prefixes = (env: Record<string, string>) =>
      mirrors({ env, projectFolder: join(home, 'ws') })
        .filter(({ scope }) => scope !== 'built-in')
        .map(({ prefix }) => prefix);
    expect(prefixes({})).toEqual(['https://p.example', 'https://u.example']);
    expect(prefixes({ PIXI_CONFIG_FILE: only })).toEqual(['https://p.example', 'https://o.example']);
    expect(prefixes({ PIXI_NO_CONFIG: '1' })).toEqual(['https://p.example']);
  });

  it("resolve the names in mamba's mirrored_channels with channel_alias and custom_channels", () => {
    put(
      '.mambarc',
      'mirrored_channels:\n  conda-forge:\n    - oci://r.example/cf\n  inner: [oci://r.example/inner]\n  own: [oci://r.example/own]\n',
    );
    put('.condarc', 'channel_alias: https://alias.example/conda/\ncustom_channels:\n  own: https://c.example/base\n');
    expect(mirrors().filter(({ scope }) => scope === 'user')).toEqual([
      {
        prefix: 'https://alias.example/conda/conda-forge',
        targets: ['oci://r.example/cf'],
        source: `${join(home, '.mambarc')}, mirrored_channels.conda-forge`,
        scope: 'user',
      },
      expect.objectContaining({ prefix: 'https://alias.example/conda/inner' }),
      expect.objectContaining({ prefix: 'https://c.example/base/own' }),
    ]);
  });

  it('read what CONDARC and MAMBARC name before the files at home', () => {
    put('.condarc', 'mirrored_channels:\n  conda-forge: [oci://r.example/home]\n');
    const condarc = put('a.yml', 'mirrored_channels:\n  conda-forge: [oci://r.example/condarc]\n');
    const mambarc = put('b.yml', 'mirrored_channels:\n  conda-forge: [oci://r.example/mambarc]\n');
    expect(targetsOf(FORGE, { env: { CONDARC: condarc } })[0]).toBe('oci://r.example/condarc');
    expect(targetsOf(FORGE, { env: { CONDARC: condarc, MAMBARC: mambarc } })[0]).toBe('oci://r.example/mambarc');
  });

  it("go on with a warning where another tool's file is broken or names what is no mirror", () => {
    const toml = put('.pixi/config.toml', '[mirrors\n');
    const rc = put(
      '.condarc',
      'mirrored_channels:\n  conda-forge: [oci://r.example/cf, /srv/x]\n  defaults: [oci://r.example/d]\n',
    );
    const warnings: string[] = [];
    expect(targetsOf(FORGE, { warn: (w) => warnings.push(w) })[0]).toBe('oci://r.example/cf');
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toContain(`${toml} is no valid TOML, line 1`);
    expect(warnings[1]).toBe(`${rc}, mirrored_channels.conda-forge: "/srv/x" is no oci:// or https:// URL.`);
    expect(warnings[2]).toContain('mirrored_channels.defaults');
  });

  it("ask Condock's own mirrors first, and nobody where it lists none", () => {
    put('.pixi/config.toml', table(FORGE, 'oci://r.example/pixi'));
    const own = readCondockConfig(put('config.toml', table(FORGE, 'oci://r.example/own'))).mirrors;
    expect(targetsOf(FORGE, { own })).toEqual(['oci://r.example/own', 'oci://r.example/pixi']);
    const none = readCondockConfig(put('config.toml', `[mirrors]\n"${FORGE}" = []\n`)).mirrors;
    expect(targetsOf(PACKAGE, { own: none })).toEqual([]);
  });

  it('count an oci:// URL as a place of its own', () => {
    expect(targetsOf('oci://R.example:5000/ch/noarch/x-1-0.conda')).toEqual([
      'oci://r.example:5000/ch/noarch/x-1-0.conda',
    ]);
  });
});
