import { CondockError, type ErrorCode } from '@condock/protocol';
import { parse, TomlError } from 'smol-toml';

export type TomlMap = Readonly<Record<string, unknown>>;

/** Parses untrusted TOML. Throws a `CondockError` with the given code that names the file and says where it breaks. */
export function parseToml(text: string, path: string, code: ErrorCode): TomlMap {
  try {
    return parse(text, { maxDepth: 32, unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    const where = error instanceof TomlError ? `, line ${error.line}, column ${error.column}` : '';
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    throw new CondockError(
      code,
      `${path} is no valid TOML${where}: ${reason.replace(/^Invalid TOML document: /, '')}.`,
      {
        hint: 'Correct it there.',
        data: { file: path },
        cause: error,
      },
    );
  }
}

/** The table at a key; undefined for everything else. */
export function tableAt(table: TomlMap | undefined, key: string): TomlMap | undefined {
  const value = table === undefined || !Object.hasOwn(table, key) ? undefined : table[key];
  return isTable(value) ? value : undefined;
}

export function isTable(value: unknown): value is TomlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
