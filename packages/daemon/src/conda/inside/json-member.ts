import { CondockError } from '@condock/protocol';
import { infoContent, type InfoFiles } from '../info-files.ts';

export type JsonObject = Record<string, unknown>;

/** Deeper documents break whoever walks them by recursion, the JSON writer among them. */
const MAX_DEPTH = 64;

/**
 * A JSON object of the info directory; undefined where there is no such file. Throws `invalid-package` for anything else
 * than an object, `too-large` above `limit` bytes.
 */
export function readJsonObject(infoFiles: InfoFiles, path: string, limit: number): JsonObject | undefined {
  const document = readJson(infoFiles, path, limit);
  if (document === undefined || isObject(document)) return document;
  throw invalidMember(path, 'is no JSON object');
}

/** As `readJsonObject`, for a document of any type. */
export function readJson(infoFiles: InfoFiles, path: string, limit: number): unknown {
  const bytes = infoContent(infoFiles, path);
  if (bytes === undefined) return undefined;
  if (bytes.length > limit) {
    throw new CondockError('too-large', `info/${path} has ${bytes.length} bytes; at most ${limit} are read.`, {
      hint: 'Real ones stay far below that; the package may be hostile.',
    });
  }
  let document: unknown;
  try {
    // A byte order mark is no JSON, but some builds on Windows wrote one.
    document = JSON.parse(
      Buffer.from(bytes)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
  } catch (error) {
    throw invalidMember(path, 'is no JSON', error);
  }
  if (depth(document) > MAX_DEPTH) throw invalidMember(path, `is nested more than ${MAX_DEPTH} levels deep`);
  return document;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function invalidMember(path: string, why: string, cause?: unknown): CondockError {
  return new CondockError('invalid-package', `The package's info/${path} ${why}.`, {
    hint: 'Build the package again.',
    cause,
  });
}

function depth(document: unknown): number {
  let level: unknown[] = [document];
  let levels = 0;
  for (; level.length > 0 && levels <= MAX_DEPTH; levels += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return levels;
}
