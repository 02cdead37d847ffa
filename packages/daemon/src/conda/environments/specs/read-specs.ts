import { basename } from 'node:path';
import { isMap, parseYaml, textOf, textsOf } from '../../yaml.ts';
import { isTable, parseToml, tableAt, type TomlMap } from '../../toml.ts';
import { cleanLocation } from '../entry.ts';

/** What a manifest gives without a solve. */
export interface Specs {
  channels: string[];
  platforms: string[];
  /** Names of its environments. */
  environments: string[];
}

/** Reads pixi.toml and pyproject.toml. Undefined where there is nothing of pixi's in it. Throws `invalid-environment`. */
export function readPixiManifest(text: string, path: string): Specs | undefined {
  const root = parseToml(text, path, 'invalid-environment');
  const manifest = basename(path) === 'pyproject.toml' ? tableAt(tableAt(root, 'tool'), 'pixi') : root;
  // "project" is what pixi called it before; in pyproject.toml it may stand outside.
  const workspace = tableAt(manifest, 'workspace') ?? tableAt(manifest, 'project');
  if (manifest === undefined || (manifest === root && workspace === undefined)) return undefined;
  const extra = Object.keys(tableAt(manifest, 'environments') ?? {});
  return {
    channels: channelsOf(workspace),
    platforms: textsIn(workspace, 'platforms'),
    environments: [...new Set(['default', ...extra])],
  };
}

/** Reads an environment.yml. Throws `invalid-environment`. */
export function readEnvironmentYml(text: string, path: string): Specs {
  const root = parseYaml(text, path, 'invalid-environment');
  const at = (key: string): unknown => (isMap(root) ? root.get(key) : undefined);
  const name = textOf(at('name'));
  return {
    channels: textsOf(at('channels')).map(cleanLocation),
    platforms: textsOf(at('platforms')),
    environments: name === undefined ? [] : [name],
  };
}

/** One sentence: what is missing, and what is there. */
export function describeSpecs(specs: Specs, path: string): string {
  const parts = [
    specs.environments.length > 0 ? `environments: ${specs.environments.join(', ')}` : undefined,
    specs.channels.length > 0 ? `channels: ${specs.channels.join(', ')}` : undefined,
    specs.platforms.length > 0 ? `platforms: ${specs.platforms.join(', ')}` : undefined,
  ].filter((part) => part !== undefined);
  const there = parts.length === 0 ? '' : ` It names ${parts.join('; ')}.`;
  return `${path} needs a lock or an installed prefix: it says which packages are wanted, not which builds.${there}`;
}

/** pixi takes names and tables with a priority. */
function channelsOf(workspace: TomlMap | undefined): string[] {
  const channels = workspace?.channels;
  if (!Array.isArray(channels)) return [];
  return channels
    .map((one: unknown) => (isTable(one) ? one.channel : one))
    .filter((one) => typeof one === 'string')
    .map(cleanLocation);
}

function textsIn(table: TomlMap | undefined, key: string): string[] {
  const list = table?.[key];
  if (!Array.isArray(list)) return [];
  return list
    .map((one: unknown) => (isTable(one) ? (one.name ?? one.platform) : one))
    .filter((one) => typeof one === 'string');
}
