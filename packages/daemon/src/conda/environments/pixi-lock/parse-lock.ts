import { CondockError } from '@condock/protocol';
import { isMap, parseYaml, textOf, type YamlMap, type YamlValue } from '../../yaml.ts';
import { checkLockVersion } from './lock-version.ts';
import { emptyRecord, FIELDS, type LockDocument, type LockRecord } from './model.ts';

/** Reads a pixi.lock with a whole YAML parser. Throws `invalid-environment` that says where, or `unsupported-format`. */
export function parseLock(text: string, path: string): LockDocument {
  const root = parseYaml(text, path, 'invalid-environment');
  if (!isMap(root)) throw misshapen(path, 'the file', 'a map');
  checkLockVersion(textOf(root.get('version')), path);
  return {
    version: textOf(root.get('version')),
    platforms: listAt(root, 'platforms', path).map((item) => {
      const { name, subdir } = recordOf(item, 'platforms', path);
      if (typeof name !== 'string') throw misshapen(path, 'a platform', 'named');
      return { name, subdir: subdir ?? null };
    }),
    environments: entriesOf(root.get('environments'), 'environments', path).map(([name, environment]) => {
      const fields = new Map<unknown, YamlValue>(entriesOf(environment, `environments.${name}`, path));
      const packages = entriesOf(fields.get('packages') ?? null, `environments.${name}.packages`, path);
      return {
        name,
        platforms: packages.map(([platform, list]) => ({
          name: platform,
          references: itemsOf(list, `${name}.packages.${platform}`, path).map((item) =>
            recordOf(item, `${name}.packages.${platform}`, path),
          ),
        })),
      };
    }),
    records: listAt(root, 'packages', path).map((item) => recordOf(item, 'packages', path)),
  };
}

function listAt(map: YamlMap, key: string, path: string): YamlValue[] {
  return itemsOf(map.get(key), key, path);
}

function itemsOf(value: YamlValue | undefined, where: string, path: string): YamlValue[] {
  if (value === undefined || value === null || (isMap(value) && value.size === 0)) return [];
  if (!Array.isArray(value)) throw misshapen(path, where, 'a list');
  return value;
}

function entriesOf(value: YamlValue | undefined, where: string, path: string): [string, YamlValue][] {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
  if (!isMap(value)) throw misshapen(path, where, 'a map');
  return [...value].map(([key, one]) => [String(key), one]);
}

function recordOf(item: YamlValue, where: string, path: string): LockRecord {
  if (!isMap(item)) throw misshapen(path, `an item of ${where}`, 'a map');
  const record = emptyRecord();
  for (const field of FIELDS) {
    const value = item.get(field);
    if (value === undefined) continue;
    if (value !== null && typeof value !== 'string') throw misshapen(path, `"${field}" in ${where}`, 'one value');
    record[field] = value;
  }
  return record;
}

function misshapen(path: string, what: string, expected: string): CondockError {
  return new CondockError('invalid-environment', `${path} is no pixi.lock: ${what} is not ${expected}.`, {
    hint: 'Run "pixi lock" to write it again.',
    data: { file: path },
  });
}
