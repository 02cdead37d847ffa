import { describe, expect, it } from 'vitest';
import { formatOf } from './entry.ts';
import { scanDocument } from './scan.ts';

const PIXI_LOCK = `version: 6
environments:
  default:
    channels:
    - url: https://conda.anaconda.org/conda-forge/
    packages:
      linux-64:
      - conda: https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda
      osx-arm64:
      - conda: https://conda.anaconda.org/conda-forge/noarch/tzdata-2025a-h78e105d_0.conda
  'test env':
    packages:
      linux-64: []
packages:
- conda: https://conda.anaconda.org/conda-forge/linux-64/zlib-1.3.1-hb9d3cd8_2.conda
  sha256: ${'a'.repeat(64)}
  linux-64:
`;

describe('scanning documents', () => {
  it('finds every archive and each platform of each environment of a pixi.lock', () => {
    const { entries, environments } = scanDocument(PIXI_LOCK, 'pixi-lock');
    expect(environments).toEqual([
      { line: 6, environment: 'default', platform: 'linux-64' },
      { line: 8, environment: 'default', platform: 'osx-arm64' },
      { line: 12, environment: 'test env', platform: 'linux-64' },
    ]);
    expect(entries.map(({ line }) => line)).toEqual([7, 9, 14]);
    const [first] = entries;
    expect(PIXI_LOCK.split('\n')[7]?.slice(first?.start, first?.end)).toBe(first?.text);
    expect(first?.text).toMatch(/^https:.*zlib-1\.3\.1-hb9d3cd8_2\.conda$/);
  });

  it('finds the archives of an explicit file without their digests, and skips comments', () => {
    const text = [
      '# https://example.org/c/noarch/not-1-0.conda',
      '@EXPLICIT',
      `https://example.org/c/noarch/a-1-0.tar.bz2#${'0'.repeat(32)}`,
    ].join('\r\n');
    const { entries, environments } = scanDocument(text, 'explicit');
    expect(entries).toEqual([
      { line: 2, start: 0, end: 42, kind: 'url', text: 'https://example.org/c/noarch/a-1-0.tar.bz2' },
    ]);
    expect(environments).toEqual([{ line: 1, environment: undefined, platform: undefined }]);
  });

  it('finds urls and platforms of a conda-lock.yml', () => {
    const text =
      'metadata:\n  platforms:\n  - linux-64\n  - osx-64\n  sources: []\npackage:\n- name: a\n  url: https://x.org/c/noarch/a-1-0.conda\n';
    const { entries, environments } = scanDocument(text, 'conda-lock');
    expect(environments.map(({ platform, line }) => [platform, line])).toEqual([
      ['linux-64', 2],
      ['osx-64', 3],
    ]);
    expect(entries).toHaveLength(1);
  });

  it('finds the conda dependencies of a pixi.toml, of features and targets too, and nothing else', () => {
    const text = `[workspace]
channels = ["x"]
[dependencies]
python = "3.12.*"
"ruamel.yaml" = "*"
[pypi-dependencies]
requests = "*"
[feature.test.target.linux-64.dependencies]
  pytest = { version = ">=8" }
[package.host-dependencies]
cmake = "*"
[tasks]
test = "pytest"
`;
    const { entries, environments } = scanDocument(text, 'toml');
    expect(entries.map((entry) => entry.text)).toEqual(['python', 'ruamel.yaml', 'pytest', 'cmake']);
    expect(entries[1]).toMatchObject({ line: 4, start: 1, end: 12 });
    expect(environments).toEqual([{ line: 2, environment: 'default', platform: undefined }]);
  });

  it('finds the pixi tables of a pyproject.toml and leaves the others', () => {
    const text = '[project.dependencies]\na = 1\n[tool.pixi.dependencies]\nnumpy = "*"\n';
    expect(scanDocument(text, 'toml').entries.map((entry) => entry.text)).toEqual(['numpy']);
  });

  it('finds names of an environment.yml behind channels and quotes, and not those for pip', () => {
    const text = `name: x
dependencies:
  - python=3.12
  - conda-forge::numpy >=1
  - "scipy"
  - pip:
    - requests
channels:
  - defaults
`;
    const { entries } = scanDocument(text, 'environment-yml');
    expect(entries.map((entry) => entry.text)).toEqual(['python', 'numpy', 'scipy']);
    expect(entries[1]).toMatchObject({ line: 3, start: 17, end: 22 });
  });

  it.each([
    ['/a/pixi.lock', 'pixi-lock'],
    ['C:\\w\\conda-lock.yml', 'conda-lock'],
    ['/a/dev.conda-lock.yaml', 'conda-lock'],
    ['/a/explicit.txt', 'explicit'],
    ['/a/conda-linux-64.lock', 'explicit'],
    ['/a/pyproject.toml', 'toml'],
    ['/a/environment-dev.yaml', 'environment-yml'],
    ['/a/notes.txt', undefined],
  ])('knows %s', (path, format) => expect(formatOf(path)).toBe(format));
});
