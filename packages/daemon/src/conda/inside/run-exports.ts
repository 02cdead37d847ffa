import { CORE_SCHEMA, load } from 'js-yaml';
import { infoContent, type InfoFiles } from '../info-files.ts';
import { isObject, type JsonObject, readJson } from './json-member.ts';

/** `weak`, `strong`, `weak_constrains`, `strong_constrains` or `noarch`, and specs. */
export type RunExports = Record<string, string[]>;

const MAX_BYTES = 1024 * 1024;
const MAX_SPECS = 10_000;

/**
 * What a package makes those depend on that build with it (CEP 34), a bare list read as `weak`: info/run_exports.json;
 * else, of older builders, info/run_exports.yaml, a member of index.json, or the rendered recipe of conda-build or
 * rattler-build. Null where there is nothing. Throws `invalid-package` where info/run_exports.json is damaged.
 */
export function readRunExports(infoFiles: InfoFiles, index: JsonObject): RunExports | null {
  const own = readJson(infoFiles, 'run_exports.json', MAX_BYTES);
  if (own !== undefined) return normalise(own) ?? {};
  const old = normalise(yamlOf(infoFiles, 'run_exports.yaml')) ?? normalise(index.run_exports);
  if (old !== undefined) return old;
  const condaBuild = yamlOf(infoFiles, 'recipe/meta.yaml');
  const rattlerBuild = yamlOf(infoFiles, 'recipe/rendered_recipe.yaml');
  return (
    normalise(member(condaBuild, 'build', 'run_exports')) ??
    normalise(member(rattlerBuild, 'recipe', 'requirements', 'run_exports')) ??
    null
  );
}

function normalise(value: unknown): RunExports | undefined {
  if (typeof value === 'string') return { weak: [value] };
  if (Array.isArray(value)) return { weak: specs(value) };
  if (!isObject(value)) return undefined;
  const lists = Object.entries(value)
    .filter(([key]) => key !== 'schema_version' && key !== '__proto__')
    .map(([key, list]) => [key, specs(Array.isArray(list) ? list : [list])] as const)
    .filter(([, list]) => list.length > 0);
  return Object.fromEntries(lists);
}

function specs(list: readonly unknown[]): string[] {
  return list.filter((spec) => typeof spec === 'string').slice(0, MAX_SPECS);
}

function member(document: unknown, ...keys: string[]): unknown {
  let value = document;
  for (const key of keys) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Recipes are often templates and no YAML: then they say nothing here. */
function yamlOf(infoFiles: InfoFiles, path: string): unknown {
  const bytes = infoContent(infoFiles, path);
  if (bytes === undefined || bytes.length > MAX_BYTES) return undefined;
  try {
    return load(Buffer.from(bytes).toString('utf8'), { schema: CORE_SCHEMA });
  } catch {
    return undefined;
  }
}
