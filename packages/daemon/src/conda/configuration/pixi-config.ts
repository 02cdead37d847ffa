import { isAbsolute, join } from 'node:path';
import { parseToml, tableAt } from '../toml.ts';
import { readConfigText } from './config-text.ts';
import { readMirrorTable } from './mirror-table.ts';
import type { ConfigurationPlaces, Mirror } from './types.ts';

/**
 * pixi's configuration files that count here, the most important first (pixi's reference, "The configuration of pixi
 * itself"): the project's; then what `PIXI_CONFIG_FILE` names alone, or nothing under `PIXI_NO_CONFIG`, or all of the
 * user's and the system's.
 */
export function pixiConfigFiles(places: ConfigurationPlaces): { path: string; scope: 'project' | 'user' }[] {
  const { env, homedir, platform, projectFolder } = places;
  const project = projectFolder === undefined ? [] : [join(projectFolder, '.pixi', 'config.toml')];
  return [
    ...project.map((path) => ({ path, scope: 'project' as const })),
    ...userFiles(env, homedir, platform).map((path) => ({ path, scope: 'user' as const })),
  ];
}

function userFiles(env: ConfigurationPlaces['env'], homedir: string, platform: string): string[] {
  if (isTrue(env.PIXI_NO_CONFIG)) return [];
  const only = env.PIXI_CONFIG_FILE;
  if (only !== undefined && only !== '') return [only];
  const folders = [
    absolute(env.PIXI_HOME),
    join(homedir, '.pixi'),
    ...(platform === 'darwin' ? [join(homedir, 'Library', 'Application Support', 'pixi')] : []),
    within(env.XDG_CONFIG_HOME, 'pixi'),
    ...(platform === 'win32' ? [within(env.APPDATA, 'pixi')] : []),
    ...(platform === 'linux' ? [join(homedir, '.config', 'pixi')] : []),
    platform === 'win32' ? 'C:\\ProgramData\\pixi' : '/etc/pixi',
  ].filter((folder) => folder !== undefined);
  return [...new Set(folders)].map((folder) => join(folder, 'config.toml'));
}

/**
 * The mirrors of pixi's configuration. Where several files name one prefix, the most important one counts, as in pixi.
 * What can't be read is told to `warn`: a broken file of another tool must not stop this one.
 */
export function readPixiMirrors(places: ConfigurationPlaces, warn: (warning: string) => void): Mirror[] {
  const mirrors = new Map<string, Mirror>();
  for (const { path, scope } of pixiConfigFiles(places)) {
    try {
      const text = readConfigText(path);
      const table = text === undefined ? undefined : tableAt(parseToml(text, path, 'config-invalid'), 'mirrors');
      for (const mirror of table === undefined ? [] : readMirrorTable(table, path, scope)) {
        if (!mirrors.has(mirror.prefix)) mirrors.set(mirror.prefix, mirror);
      }
    } catch (error) {
      warn((error as Error).message);
    }
  }
  return [...mirrors.values()].filter(({ targets }) => targets.length > 0);
}

const isTrue = (value: string | undefined): boolean => /^(?:1|true|yes|on)$/i.test(value ?? '');

const absolute = (path: string | undefined): string | undefined =>
  path !== undefined && isAbsolute(path) ? path : undefined;

const within = (folder: string | undefined, name: string): string | undefined =>
  folder !== undefined && isAbsolute(folder) ? join(folder, name) : undefined;
