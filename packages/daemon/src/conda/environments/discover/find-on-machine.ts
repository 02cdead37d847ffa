import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { plural } from '../../../system/text.ts';
import type { Discovered, DiscoverOptions } from '../discover.ts';
import { isPrefix } from '../prefix/read-prefix.ts';
import { describePrefix, foldersIn } from './find-in-folder.ts';

type MachineOptions = Pick<DiscoverOptions, 'env' | 'homedir' | 'platform'>;

/**
 * The user's own prefixes: the active one, conda's and mamba's roots with what is in their `envs`, what conda has written
 * to `~/.conda/environments.txt`, pixi's global tools. Returns warnings.
 */
export function findOnMachine(options: MachineOptions, add: (one: Discovered) => void): string[] {
  const { env, homedir } = options;
  const seen = new Set<string>();
  const offer = (path: string, note: string, name?: string): void => {
    if (!isPrefix(path)) return;
    // The same prefix comes up through several doors, some of them links.
    const real = realpathSync(path);
    if (seen.has(real)) return;
    seen.add(real);
    add(describePrefix(path, note, name));
  };
  const active = absolute(env.CONDA_PREFIX);
  const roots = rootPrefixes(options);
  if (active !== undefined && !roots.includes(active)) offer(active, 'active (CONDA_PREFIX)');
  for (const root of roots) {
    offer(root, root === active ? 'base environment, active (CONDA_PREFIX)' : 'base environment', 'base');
    for (const prefix of foldersIn(join(root, 'envs'))) offer(prefix, `in ${root}`);
  }
  const folders = listOf(env.CONDA_ENVS_PATH ?? env.CONDA_ENVS_DIRS, options.platform);
  for (const folder of [...folders, join(homedir, '.conda', 'envs')]) {
    for (const prefix of foldersIn(folder)) offer(prefix, `in ${folder}`);
  }
  const pixiHome = absolute(env.PIXI_HOME) ?? join(homedir, '.pixi');
  for (const prefix of foldersIn(join(pixiHome, 'envs'))) offer(prefix, 'pixi global', basename(prefix));
  return offerListed(join(homedir, '.conda', 'environments.txt'), offer);
}

function offerListed(file: string, offer: (path: string, note: string) => void): string[] {
  if (!existsSync(file)) return [];
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    return [`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`];
  }
  const prefixes = lines.map((line) => line.trim()).filter((line) => isAbsolute(line));
  for (const prefix of prefixes) offer(prefix, `listed in ${file}`);
  const gone = prefixes.filter((prefix) => !isPrefix(prefix)).length;
  return gone === 0
    ? []
    : [
        `${file} lists ${plural(prefixes.length, 'prefix', 'prefixes')}, of which ${gone} ${gone === 1 ? 'is' : 'are'} no longer there.`,
      ];
}

function rootPrefixes({ env, homedir, platform }: MachineOptions): string[] {
  const exe = absolute(env.CONDA_EXE);
  const root = absolute(env.MAMBA_ROOT_PREFIX);
  const names = ['miniforge3', 'mambaforge', 'miniconda3', 'anaconda3', 'micromamba', '.micromamba'];
  const shared =
    platform === 'win32'
      ? [env.ProgramData, env.LOCALAPPDATA]
          .flatMap((p) => absolute(p) ?? [])
          .flatMap((p) => names.map((n) => join(p, n)))
      : [
          '/opt/conda',
          ...names.slice(0, 4).flatMap((n) => [`/opt/${n}`, `/opt/homebrew/Caskroom/${n.replace(/3$/, '')}/base`]),
        ];
  const candidates = [
    // <root>/bin/conda, <root>\Scripts\conda.exe
    ...(exe === undefined ? [] : [dirname(dirname(exe))]),
    ...(root === undefined ? [] : [root]),
    ...names.map((name) => join(homedir, name)),
    join(homedir, '.local', 'share', 'mamba'),
    ...shared,
  ];
  // A root of micromamba need not be a prefix itself.
  return [...new Set(candidates)].filter((one) => existsSync(join(one, 'envs')) || isPrefix(one));
}

function listOf(value: string | undefined, platform: string): string[] {
  return (value ?? '').split(platform === 'win32' ? ';' : ':').filter((one) => isAbsolute(one));
}

const absolute = (path: string | undefined): string | undefined =>
  path !== undefined && isAbsolute(path) ? path : undefined;
