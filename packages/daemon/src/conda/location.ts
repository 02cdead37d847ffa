import { CondockError } from '@condock/protocol';
import { isLocalPath, type Location, splitUrl } from './split-url.ts';

/** What conda and pixi put before a bare channel name. */
export const CHANNEL_ALIAS = 'https://conda.anaconda.org';
const ANACONDA = 'https://repo.anaconda.com';
/** What `defaults` stands for on every system (conda's default_channels; msys2 is for Windows alone). */
export const DEFAULT_CHANNELS: readonly string[] = [
  `${ANACONDA}/pkgs/main`,
  `${ANACONDA}/pkgs/r`,
  `${ANACONDA}/pkgs/msys2`,
];

export interface LocationOptions {
  /** Default `https://conda.anaconda.org`. */
  alias?: string;
  /** What relative paths are relative to: an absolute path. Without it they are refused. */
  directory?: string;
}

/** Where a channel is, for whatever spelling of it. Throws `unmapped-channel`, `unsupported-source`, `illegal-name`. */
export function locationOf(text: string, options: LocationOptions): Location {
  const given = text.trim();
  if (given === '' || given === '<unknown>' || given === 'unknown') {
    throw new CondockError('unmapped-channel', 'The record does not say from which channel the package came.', {
      hint: 'Install it again, or add a lock file that names its URL.',
    });
  }
  if (given === 'defaults') {
    throw new CondockError('unmapped-channel', '"defaults" stands for several channels, so it names none of them.', {
      hint: `Name one, for example ${ANACONDA}/pkgs/main.`,
    });
  }
  if (given === 'pypi' || given === 'local') {
    throw new CondockError('unsupported-source', `"${given}" is no channel that others can reach.`, {
      hint: given === 'local' ? 'Name the folder of the builds instead.' : 'Only conda packages have a channel.',
    });
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(given) || isLocalPath(given)) return splitUrl(given);
  if (/^\.{1,2}(?:[/\\]|$)/.test(given)) return relativePath(given, options.directory);
  return named(given, options.alias ?? CHANNEL_ALIAS);
}

function named(name: string, alias: string): Location {
  const base = splitUrl(/^\/?pkgs\//.test(name) ? ANACONDA : alias);
  const path = splitUrl(`${base.scheme}://${base.authority}/${name}`);
  const foreign = path.segments.find((segment) => !/^[A-Za-z0-9_][A-Za-z0-9_.+~-]*$/.test(segment));
  if (foreign !== undefined || path.segments.length === 0) {
    throw new CondockError('illegal-name', `${JSON.stringify(name)} is no channel name.`, {
      hint: 'Channel names consist of letters, digits, "_", "." and "-"; labels follow as /label/LABEL.',
    });
  }
  return { ...base, segments: [...base.segments, ...path.segments] };
}

function relativePath(path: string, directory: string | undefined): Location {
  if (directory === undefined) {
    throw new CondockError('unsupported-source', `The channel path "${path}" does not say what it is relative to.`, {
      hint: 'Give an absolute path, or a URL.',
    });
  }
  const base = splitUrl(directory);
  const segments = [...base.segments];
  for (const part of path.split(/[/\\]+/)) {
    if (part === '..') segments.pop();
    else if (part !== '.' && part !== '') segments.push(encodeURIComponent(part));
  }
  return { ...base, segments };
}
