import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';

/** A path as a user typed it, absolute. The shell expands `~` mostly; a quoted one comes through here. */
export function absolute(path: string, cwd: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(cwd, path);
}

/** URLs and references stay as they are. */
export function absoluteUnlessUrl(text: string, cwd: string): string {
  return isUrl(text) ? text : absolute(text, cwd);
}

export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(text);

/** A path as somebody who stands in `cwd` would type it: relative where it lies within. */
export function withinFolder(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') || isAbsolute(short) ? path : short === '' ? '.' : short;
}
