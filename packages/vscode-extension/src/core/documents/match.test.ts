import { describe, expect, it } from 'vitest';
import { examplePackage } from '../testing/example-package.ts';
import { createLookup, environmentPathFor } from './match.ts';

const place = { line: 0, start: 0, end: 0 };

describe('packages of a document', () => {
  const zlib = examplePackage('zlib', { url: 'https://x.org/c/linux-64/zlib-1.0-0.conda', subdir: 'linux-64' });
  const lookup = createLookup([zlib, examplePackage('requests', { kind: 'pypi' }), examplePackage('requests')]);

  it('are found by URL, and by file name where a mirror stands in the URL', () => {
    expect(lookup.find({ ...place, kind: 'url', text: 'https://x.org/c/linux-64/zlib-1.0-0.conda' })).toBe(zlib);
    expect(lookup.find({ ...place, kind: 'url', text: 'https://mirror/y/linux-64/zlib-1.0-0.conda' })).toBe(zlib);
    expect(lookup.find({ ...place, kind: 'url', text: 'https://mirror/y/noarch/zlib-1.0-0.conda' })).toBeUndefined();
  });

  it('are found by name in any case, those of conda before those of pypi', () => {
    expect(lookup.find({ ...place, kind: 'name', text: 'ZLIB' })).toBe(zlib);
    expect(lookup.find({ ...place, kind: 'name', text: 'requests' })?.kind).toBe('conda');
  });
});

describe('the environment of a document', () => {
  const found = (path: string, kind: 'pixi-workspace' | 'conda-lock' | 'prefix') => ({
    ...{ path, kind, names: [], platforms: [], note: null },
  });
  it('is its workspace, or itself', () => {
    const workspace = [found('/w', 'pixi-workspace')];
    expect(environmentPathFor('/w/pixi.lock', 'pixi-lock', workspace)).toBe('/w');
    expect(environmentPathFor('/v/pixi.lock', 'pixi-lock', workspace)).toBe('/v/pixi.lock');
    expect(environmentPathFor('/w/pixi.toml', 'toml', workspace)).toBe('/w');
    expect(environmentPathFor('/v/pixi.toml', 'toml', workspace)).toBeUndefined();
  });

  it('is the lock beside an environment.yml, before a prefix', () => {
    const beside = [found('/w/env', 'prefix'), found('/w/conda-lock.yml', 'conda-lock')];
    expect(environmentPathFor('/w/environment.yml', 'environment-yml', beside)).toBe('/w/conda-lock.yml');
  });
});
