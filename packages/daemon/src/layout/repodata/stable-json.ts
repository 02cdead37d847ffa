import { CondockError } from '@condock/protocol';
import type { JsonObject } from './types.ts';

/** Compact JSON with members sorted by code point, as conda-index writes it: the same document gives the same bytes. */
export function encodeStableJson(document: unknown): Uint8Array {
  return new TextEncoder().encode(write(document) ?? 'null');
}

/** Reads a JSON object. `what` names it in the error `invalid-package`. */
export function parseJsonObject(bytes: Uint8Array, what: string): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw notAnObject(what, error);
  }
  if (!isJsonObject(document)) throw notAnObject(what);
  return document;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Order of code points, that of Python's `sorted` (JavaScript's own is that of UTF-16 units). */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  return /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1;
}

export const equalJson = (a: unknown, b: unknown): boolean => a === b || write(a) === write(b);

// Written out by hand: an object with sorted members would put those that look like integers first again.
function write(value: unknown): string | undefined {
  if (Array.isArray(value)) return `[${value.map((item) => write(item) ?? 'null').join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort(compareCodePoints)
    .flatMap((key) => {
      const text = write(value[key]);
      return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
    });
  return `{${members.join(',')}}`;
}

function notAnObject(what: string, cause?: unknown): CondockError {
  return new CondockError('invalid-package', `${what} is no JSON object.`, { hint: 'Publish it again.', cause });
}
