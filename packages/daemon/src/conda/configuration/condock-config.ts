import type { LayoutVersion } from '@condock/protocol';
import { isTable, parseToml, type TomlMap } from '../toml.ts';
import { readConfigText } from './config-text.ts';
import { invalid, readMirrorTable } from './mirror-table.ts';
import { mirrorUrl } from './mirror-url.ts';
import type { CondockConfig } from './types.ts';

const KEYS: ReadonlySet<string> = new Set(['mirrors', 'insecure-hosts', 'layouts', 'quota']);
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;

/**
 * Reads Condock's own configuration. A file that does not exist is empty; keys that are not known are warnings.
 * Throws `config-invalid` that names file and key for values that can't be used.
 */
export function readCondockConfig(path: string): CondockConfig {
  const text = readConfigText(path);
  const root: TomlMap = text === undefined ? {} : parseToml(text, path, 'config-invalid');
  const { mirrors } = root;
  if (mirrors !== undefined && !isTable(mirrors)) throw invalid(path, 'mirrors', 'it is no table');
  return {
    mirrors: mirrors === undefined ? [] : readMirrorTable(mirrors, path, 'condock'),
    insecureHosts: readHosts(root['insecure-hosts'], path),
    layouts: readLayouts(root.layouts, path),
    quota: readQuota(root.quota, path),
    warnings: Object.keys(root)
      .filter((key) => !KEYS.has(key))
      .map((key) => `${path}: "${key}" is no setting of Condock's and does nothing.`),
  };
}

function readHosts(value: unknown, path: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(path, 'insecure-hosts', 'it is no list');
  return value.map((one: unknown) => {
    const host = typeof one === 'string' ? one.toLowerCase() : '';
    if (!HOST.test(host)) {
      const shown = typeof one === 'string' ? `"${one}"` : 'an item';
      throw invalid(path, 'insecure-hosts', `${shown} is no host with an optional port`);
    }
    return host;
  });
}

function readLayouts(value: unknown, path: string): Map<string, LayoutVersion> {
  if (value === undefined) return new Map();
  if (!isTable(value)) throw invalid(path, 'layouts', 'it is no table');
  return new Map(
    Object.entries(value).map(([channel, layout]) => {
      const key = `layouts."${channel}"`;
      if (!/^oci:\/\/[^/]+\/./i.test(channel)) throw invalid(path, key, 'its key is no oci://HOST/CHANNEL');
      if (layout !== 'v0' && layout !== 'v1') throw invalid(path, key, 'it is neither "v0" nor "v1"');
      return [mirrorUrl(channel), layout];
    }),
  );
}

function readQuota(value: unknown, path: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(path, 'quota', 'it is no whole number of bytes above 0');
}
