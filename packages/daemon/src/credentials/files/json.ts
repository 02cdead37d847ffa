import { FileDefect } from './parsed-file.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Throws a `FileDefect` that says where, but not what: JSON.parse quotes the text in its errors. */
export function parseJsonObject(text: string): JsonObject {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileDefect('it is not valid JSON');
  }
  const object = asObject(value);
  if (object === undefined) throw new FileDefect('it does not hold a JSON object');
  return object;
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** A string that is not empty, else undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
