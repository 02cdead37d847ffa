import { basename } from 'node:path';
import { isExplicit } from './read-explicit.ts';

export type FileFormat = 'pixi-lock' | 'conda-lock' | 'explicit' | 'pixi-manifest' | 'environment-yml';

const BY_NAME: readonly (readonly [RegExp, FileFormat])[] = [
  [/(?:^|[.-])pixi\.lock$/, 'pixi-lock'],
  [/(?:^|[.-])conda-lock\.ya?ml$/, 'conda-lock'],
  [/^(?:pixi|pyproject)\.toml$/, 'pixi-manifest'],
  [/(?:^|[.-])environment\.ya?ml$/, 'environment-yml'],
];

/** What a file's name says that it is. */
export function formatByName(path: string): FileFormat | undefined {
  const name = basename(path).toLowerCase();
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
}

/** What a file is by its name, or, where that says nothing, by what stands in it. */
export function detectFormat(path: string, text: string): FileFormat | undefined {
  const named = formatByName(path);
  if (named !== undefined) return named;
  if (isExplicit(text)) return 'explicit';
  const has = (key: string): boolean => new RegExp(`^${key}:`, 'm').test(text);
  if (/\.toml$/i.test(path)) return /^\[(?:workspace|project)\]/m.test(text) ? 'pixi-manifest' : undefined;
  if (has('environments') && has('packages') && has('version')) return 'pixi-lock';
  if (has('package') && has('metadata')) return 'conda-lock';
  if (has('dependencies')) return 'environment-yml';
  return undefined;
}
