import type { EnvironmentListing, EnvironmentPackage } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { ListingPages } from './listing-pages.ts';

function listing(sizes: number[]): EnvironmentListing {
  const packageOf = (name: string) => ({ name, url: 'x'.repeat(2000) }) as unknown as EnvironmentPackage;
  return {
    path: '/p',
    kind: 'pixi-lock',
    warnings: ['w'],
    environments: sizes.map((size, e) => ({
      name: `e${e}`,
      platform: null,
      packages: Array.from({ length: size }, (_, p) => packageOf(`e${e}-p${p}`)),
    })),
  };
}

function pagesOf(pages: ListingPages, whole: EnvironmentListing) {
  const all = [pages.first(whole, 'c')];
  for (let next = all[0]?.nextCursor; next !== undefined; next = all.at(-1)?.nextCursor)
    all.push(pages.next(next, 'c'));
  return all;
}

describe('ListingPages', () => {
  it('hands out every package once, in order, in pages that stay near the bound', () => {
    let id = 0;
    const pages = new ListingPages({ now: () => 0, random: () => String((id += 1)) });
    const all = pagesOf(pages, listing([10, 700, 0, 900]));
    expect(all.length).toBeGreaterThan(3);
    for (const page of all) expect(JSON.stringify(page).length).toBeLessThan(1.1 * 1024 * 1024);
    const names = all.flatMap((p) => p.environments.flatMap((e) => e.packages.map((x) => x.name)));
    expect(names).toHaveLength(1610);
    expect(new Set(names).size).toBe(1610);
    expect(all.flatMap((p) => p.environments.map((e) => e.name))).toContain('e2');
    expect(all.flatMap((p) => p.warnings)).toEqual(['w']);
  });

  it('knows about how long an entry is without writing it out', () => {
    const sha256 = 'a'.repeat(64);
    const entry: EnvironmentPackage = {
      name: 'numpy',
      version: '2.2.1',
      build: 'py312h72c5963_0',
      subdir: 'linux-64',
      kind: 'conda',
      fileName: 'numpy-2.2.1-py312h72c5963_0.conda',
      channel: 'https://conda.anaconda.org/conda-forge',
      url: 'https://conda.anaconda.org/conda-forge/linux-64/numpy-2.2.1-py312h72c5963_0.conda',
      sha256,
      md5: null,
      size: 8_000_000,
      license: 'BSD-3-Clause',
      reference: 'oci://ghcr.io/channel-mirrors/conda-forge/linux-64/numpy:2.2.1-py312h72c5963_0',
      layout: 'v0',
      state: 'absent',
      digest: `sha256:${sha256}`,
      source: 'built in',
      error: { code: 'absent', message: 'No mirror has it. '.repeat(10) },
    };
    const pages = new ListingPages({ now: () => 0, random: () => 'a' });
    const packages = Array.from({ length: 3000 }, () => entry);
    const page = pages.first(
      { path: '/p', kind: 'prefix', warnings: [], environments: [{ name: 'e', platform: null, packages }] },
      'c',
    );
    const bytes = JSON.stringify(page).length / (1024 * 1024);
    expect(bytes).toBeGreaterThan(0.9);
    expect(bytes).toBeLessThan(1.1);
  });

  it('counts bytes, not characters, and environments without packages too', () => {
    const pages = new ListingPages({ now: () => 0, random: () => 'a' });
    const whole = listing([300]);
    for (const one of whole.environments[0]?.packages ?? []) one.url = '€'.repeat(2000);
    expect(pagesOf(pages, whole)).toHaveLength(2);
    const empty = listing(Array.from({ length: 60_000 }, () => 0));
    const all = pagesOf(pages, empty);
    for (const page of all) expect(JSON.stringify(page).length).toBeLessThan(1.6 * 1024 * 1024);
    expect(all.flatMap((p) => p.environments)).toHaveLength(60_000);
  });

  it('takes a listing away from who began the most, and all from who has gone', () => {
    let id = 0;
    const pages = new ListingPages({ now: () => 0, random: () => String((id += 1)) });
    const long = listing([1000]);
    const mine = pages.first(long, 'c').nextCursor ?? '';
    const theirs = Array.from({ length: 40 }, () => pages.first(long, 'greedy').nextCursor ?? '');
    expect(() => pages.next(theirs[0] ?? '', 'greedy')).toThrow(/cursor/);
    expect(pages.next(theirs.at(-1) ?? '', 'greedy').environments).toHaveLength(1);
    const next = pages.next(mine, 'c');
    expect(next.environments).toHaveLength(1);
    pages.connectionClosed('greedy');
    expect(() => pages.next(theirs.at(-2) ?? '', 'greedy')).toThrow(/cursor/);
  });

  it('refuses a cursor of another connection, one that was used, and one that is too old', () => {
    let now = 0;
    const pages = new ListingPages({ now: () => now, random: () => 'a' });
    const cursor = pages.first(listing([2000]), 'c').nextCursor ?? '';
    expect(() => pages.next(cursor, 'other')).toThrow(/cursor/);
    now = 61_000;
    expect(() => pages.next(cursor, 'c')).toThrow(/cursor/);
  });
});
