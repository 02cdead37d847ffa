import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { redact, toCondockError } from '@condock/protocol';
import { parseChannelUrl } from '../channel-url.ts';
import { CHANNEL_ALIAS } from '../location.ts';
import { isMap, parseYaml, textOf, textsOf, type YamlMap } from '../yaml.ts';
import { readConfigText } from './config-text.ts';
import { isMirrorTarget, mirrorUrl } from './mirror-url.ts';
import type { ConfigurationPlaces, Mirror } from './types.ts';

/** conda's and mamba's configuration files, the most important first (conda's guide, "Searching for .condarc"). */
export function condaConfigFiles({ env, homedir, platform }: ConfigurationPlaces): string[] {
  const system = platform === 'win32' ? ['C:\\ProgramData\\conda'] : ['/var/lib/conda', '/etc/conda'];
  const exe = absolute(env.CONDA_EXE);
  const folders = [
    absolute(env.CONDA_PREFIX),
    homedir,
    join(homedir, '.mamba'),
    join(homedir, '.conda'),
    absolute(env.XDG_CONFIG_HOME) === undefined ? undefined : join(absolute(env.XDG_CONFIG_HOME) ?? '', 'conda'),
    join(homedir, '.config', 'conda'),
    exe === undefined ? undefined : dirname(dirname(exe)),
    absolute(env.MAMBA_ROOT_PREFIX),
    ...system,
  ].filter((folder) => folder !== undefined);
  const named = [env.MAMBARC, env.CONDARC].flatMap((path) => (path === undefined || path === '' ? [] : [path]));
  return [...new Set([...named, ...[...new Set(folders)].flatMap(filesIn)])];
}

function filesIn(folder: string): string[] {
  // Most of the folders that count are on no machine, and they are looked at for every request.
  if (!existsSync(folder)) return [];
  const files = [join(folder, '.mambarc'), join(folder, '.condarc'), join(folder, 'condarc')];
  const more = join(folder, 'condarc.d');
  if (!existsSync(more)) return files;
  try {
    return [
      ...files,
      ...readdirSync(more)
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
        .map((name) => join(more, name)),
    ];
  } catch {
    return files;
  }
}

/**
 * The mirrors of mamba's `mirrored_channels`: names (made URLs with `custom_channels` and `channel_alias`, wherever these
 * stand) or URLs, each with a list of URLs. Where several files name one channel, the most important one counts. What
 * can't be read is told to `warn`.
 */
export function readCondaMirrors(places: ConfigurationPlaces, warn: (warning: string) => void): Mirror[] {
  const files = condaConfigFiles(places).flatMap((path) => {
    try {
      const text = readConfigText(path);
      const root = text === undefined || text.trim() === '' ? null : parseYaml(text, path, 'config-invalid');
      return isMap(root) ? [{ path, root }] : [];
    } catch (error) {
      warn((error as Error).message);
      return [];
    }
  });
  const names = channelNames(files.map(({ root }) => root));
  const mirrors = new Map<string, Mirror>();
  for (const { path, root } of files) {
    const table = root.get('mirrored_channels');
    for (const [key, value] of isMap(table) ? table : []) {
      const mirror = mirrorOf(String(key), typeof value === 'string' ? [value] : textsOf(value), path, names, warn);
      if (mirror !== undefined && !mirrors.has(mirror.prefix)) mirrors.set(mirror.prefix, mirror);
    }
  }
  return [...mirrors.values()];
}

interface ChannelNames {
  alias: string;
  custom: ReadonlyMap<string, string>;
}

function channelNames(roots: readonly YamlMap[]): ChannelNames {
  const alias = roots.map((root) => textOf(root.get('channel_alias'))).find((one) => one !== undefined);
  const custom = new Map<string, string>();
  for (const root of roots) {
    const table = root.get('custom_channels');
    for (const [name, base] of isMap(table) ? table : []) {
      if (typeof base === 'string' && !custom.has(String(name))) custom.set(String(name), base.replace(/\/+$/, ''));
    }
  }
  return { alias: alias ?? CHANNEL_ALIAS, custom };
}

function mirrorOf(
  name: string,
  list: string[],
  path: string,
  names: ChannelNames,
  warn: (warning: string) => void,
): Mirror | undefined {
  const source = `${path}, mirrored_channels.${redact(name)}`;
  try {
    const base = names.custom.get(name);
    // Behind a custom channel's location stands its name, unless it ends with that already.
    const url = base === undefined ? name : base.endsWith(`/${name}`) ? base : `${base}/${name}`;
    const prefix = parseChannelUrl(url, { alias: names.alias }).url;
    for (const one of list.filter((t) => !isMirrorTarget(t)))
      warn(`${source}: "${redact(one)}" is no oci:// or https:// URL.`);
    const targets = list.filter(isMirrorTarget).map(mirrorUrl);
    return targets.length === 0 ? undefined : { prefix, targets, source, scope: 'user' };
  } catch (error) {
    warn(`${source}: ${toCondockError(error).message}`);
    return undefined;
  }
}

const absolute = (path: string | undefined): string | undefined =>
  path !== undefined && isAbsolute(path) ? path : undefined;
