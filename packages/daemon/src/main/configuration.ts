import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Places } from '@condock/protocol';
import { readCondockConfig } from '../conda/configuration/condock-config.ts';
import { mapUrl } from '../conda/configuration/map-url.ts';
import { readMirrors } from '../conda/configuration/read-mirrors.ts';
import type { CondockConfig, Mirror } from '../conda/configuration/types.ts';
import type { ChannelMap } from '../engine/resolve/channel-map.ts';

export interface ConfigurationParts {
  places: Places;
  env: Readonly<Record<string, string | undefined>>;
  homedir: string;
  platform: string;
  warn: (message: string) => void;
}

export interface Configuration {
  /** Condock's own file as it is now. Throws `config-invalid`. */
  readonly settings: () => CondockConfig;
  /**
   * Mirrors for a path (a workspace has its own), or for this user. Read anew each time: an edited file counts at once. The same
   * object as long as the configuration says the same.
   */
  readonly mapFor: (path: string | undefined) => ChannelMap;
}

/** Joins Condock's own configuration with that of pixi, mamba and conda. */
export function createConfiguration(parts: ConfigurationParts): Configuration {
  const file = join(parts.places.config, 'config.toml');
  // Said once: the files are read for every request.
  const said = new Set<string>();
  const warn = (warning: string): void => {
    if (said.size < 1000 && !said.has(warning)) parts.warn(warning);
    said.add(warning);
  };
  const shared = shareMaps();
  const settings = (): CondockConfig => {
    const config = readCondockConfig(file);
    config.warnings.forEach(warn);
    return config;
  };
  return {
    settings,
    mapFor: (path) => {
      const { mirrors: own, layouts } = settings();
      const mirrors = readMirrors({
        ...parts,
        own,
        warn,
        projectFolder: path === undefined ? undefined : folderOf(path),
      });
      return shared(mirrors, layouts);
    },
  };
}

/** Maps that are remembered: workspaces with mirrors of their own have one each. */
const CAPACITY = 64;

/** The same map for the same configuration: what was planned with it then still holds. */
function shareMaps(): (mirrors: readonly Mirror[], layouts: CondockConfig['layouts']) => ChannelMap {
  const maps = new Map<string, ChannelMap>();
  return (mirrors, layouts) => {
    const key = JSON.stringify([mirrors, [...layouts]]);
    const known = maps.get(key);
    if (known !== undefined) return known;
    if (maps.size >= CAPACITY) maps.clear();
    const map = channelMap(mirrors, layouts);
    maps.set(key, map);
    return map;
  };
}

/** Folders whose targets are remembered: an environment of thousands of packages comes from a handful. */
const FOLDERS = 1024;

function channelMap(mirrors: readonly Mirror[], layouts: CondockConfig['layouts']): ChannelMap {
  const folders = new Map<string, ReturnType<ChannelMap['targets']>>();
  const find = (packageUrl: string): ReturnType<ChannelMap['targets']> =>
    mapUrl(packageUrl, mirrors)
      // https mirrors hold no OCI artifacts.
      .filter(({ url }) => url.startsWith('oci://'))
      .map(({ url, mirror }) => ({ channel: channelOf(url), source: mirror.source }));
  return {
    targets: (packageUrl) => {
      // A slash behind these is none of the path's.
      if (/[?#]/.test(packageUrl)) return find(packageUrl);
      const folder = packageUrl.slice(0, packageUrl.lastIndexOf('/'));
      const known = folders.get(folder);
      if (known !== undefined) return known;
      if (folders.size >= FOLDERS) folders.clear();
      const targets = find(packageUrl);
      folders.set(folder, targets);
      return targets;
    },
    layoutOf: ({ host, path: channel }) => layouts.get(`oci://${host}/${channel}`) ?? 'v0',
  };
}

/** Without the subdir and the file name. */
const channelOf = (packageUrl: string): string => packageUrl.split('/').slice(0, -2).join('/');

function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path);
}
