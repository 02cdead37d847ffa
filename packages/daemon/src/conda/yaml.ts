import { FAILSAFE_SCHEMA, load, nullCoreTag, realMapTag, YAMLException } from 'js-yaml';
import { CondockError, type ErrorCode } from '@condock/protocol';

export type YamlValue = string | null | YamlValue[] | YamlMap;
export type YamlMap = Map<unknown, YamlValue>;

/** Scalars stay text: `version: 3.10` is no number here, and `no` no boolean. Only null is known. Maps are `Map`s. */
const SCHEMA = FAILSAFE_SCHEMA.withTags(nullCoreTag, realMapTag);
const LIMITS = { maxAliases: 100, maxDepth: 32 } as const;

/** Parses untrusted YAML. Throws a `CondockError` with the given code that names the file and says where it breaks. */
export function parseYaml(text: string, path: string, code: ErrorCode): YamlValue {
  try {
    return load(text, { ...LIMITS, schema: SCHEMA }) as YamlValue;
  } catch (error) {
    const mark = error instanceof YAMLException ? error.mark : undefined;
    const where = mark === undefined ? '' : `, line ${mark.line + 1}`;
    const reason = error instanceof YAMLException ? error.reason : 'it cannot be parsed';
    throw new CondockError(code, `${path} is no valid YAML${where}: ${reason}.`, {
      hint: 'Correct it there, or let the tool that wrote it write it again.',
      data: { file: path },
      cause: error,
    });
  }
}

export const isMap = (value: unknown): value is YamlMap => value instanceof Map;

/** The text of a scalar; undefined for everything else. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The texts in a sequence; empty for everything else. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
