import { CondockError } from '@condock/protocol';
import { isMap, parseYaml, textOf, textsOf, type YamlMap, type YamlValue } from '../yaml.ts';
import { entryMaker } from './entry.ts';
import type { EnvironmentEntry, ListedEnvironment } from './types.ts';

/**
 * Reads a conda-lock.yml of version 1 (CEP 37): one row per package and platform. Rows that are no map become warnings.
 * Throws `invalid-environment` and `unsupported-format`, naming `path`.
 */
export function readCondaLock(text: string, path: string): { environments: ListedEnvironment[]; warnings: string[] } {
  const root = parseYaml(text, path, 'invalid-environment');
  const rows = isMap(root) ? root.get('package') : undefined;
  if (!isMap(root) || !Array.isArray(rows)) {
    throw new CondockError('invalid-environment', `${path} is no conda-lock file: it has no list "package".`, {
      hint: 'Run "conda-lock" to write it again.',
      data: { file: path },
    });
  }
  checkVersion(textOf(root.get('version')), path);
  const make = entryMaker();
  const warnings: string[] = [];
  const platforms = new Map<string, EnvironmentEntry[]>(condaLockPlatforms(root).map((name) => [name, []]));
  for (const [at, row] of rows.entries()) {
    const platform = isMap(row) ? textOf(row.get('platform')) : undefined;
    if (!isMap(row) || platform === undefined) {
      warnings.push(`${path}: row ${at + 1} of "package" names no package and platform, so it is not listed.`);
      continue;
    }
    const list = platforms.get(platform) ?? [];
    platforms.set(platform, list);
    list.push(make(factsOf(row, platform)));
  }
  const environments = [...platforms].map(([platform, packages]) => ({ name: 'default', platform, packages }));
  return { environments, warnings };
}

/** The platforms that the head of a conda-lock.yml names. */
export function condaLockPlatforms(root: YamlValue): string[] {
  const metadata = isMap(root) ? root.get('metadata') : undefined;
  return isMap(metadata) ? textsOf(metadata.get('platforms')) : [];
}

function factsOf(row: YamlMap, platform: string) {
  const hash = row.get('hash');
  const at = (key: string): string | undefined => textOf(row.get(key));
  const manager = at('manager');
  const isConda = manager === undefined || manager === 'conda';
  return {
    kind: isConda ? ('conda' as const) : ('pypi' as const),
    location: at('url') ?? null,
    name: at('name'),
    version: at('version'),
    build: at('build'),
    subdir: isConda ? undefined : platform,
    sha256: isMap(hash) ? textOf(hash.get('sha256')) : undefined,
    md5: isMap(hash) ? textOf(hash.get('md5')) : undefined,
  };
}

function checkVersion(version: string | undefined, path: string): void {
  if (version === undefined || version === '1') return;
  throw new CondockError(
    'unsupported-format',
    `${path} has version ${version}; Condock reads version 1 of conda-lock files.`,
    {
      hint: 'Update Condock, or write the lock with a conda-lock that writes version 1.',
      data: { file: path, version },
    },
  );
}
