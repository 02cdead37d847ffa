import { describe, expect, it } from 'vitest';
import { layoutName } from './layout-name.ts';

const DIGEST = `sha256:${'0a'.repeat(32)}` as const;

describe('layoutName', () => {
  it.each([
    'ghcr.io/channel-mirrors/conda-forge/linux-64/xtensor:0.24.3-h924138e_1',
    '127.0.0.1:5000/c/noarch/zzz_r-mutex:1.0.1-anacondar_1',
    'h/c/noarch/a--b:1.0-0',
    'h/c/noarch/cfoo:latest',
  ])('is %s itself, which the specification allows', (reference) => {
    expect(layoutName(reference, DIGEST)).toBe(reference);
  });

  it.each([
    ['127.0.0.1:5000/c/noarch/cpip:24.0-pyhd8ed1ab__0', `127.0.0.1:5000/c/noarch/cpip@${DIGEST}`],
    ['h/c/noarch/foo:1__e__2.0-0', `h/c/noarch/foo@${DIGEST}`],
    ['h/c/noarch/c__anaconda_core_depends:2024.06-0', DIGEST],
    ['h/c/noarch/a---b:1.0-0', DIGEST],
  ])('names %s by its digest', (reference, name) => {
    expect(layoutName(reference, DIGEST)).toBe(name);
  });
});
