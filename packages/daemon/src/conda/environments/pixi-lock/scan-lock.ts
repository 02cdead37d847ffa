import {
  type BlockCursor,
  enterItem,
  openCursor,
  outside,
  readKey,
  readScalar,
  advance,
  atItem,
  atKey,
  skipEmpty,
  skipValue,
} from './block-cursor.ts';
import { emptyRecord, type Field, FIELDS, type LockDocument, type LockRecord } from './model.ts';

export interface ScanOptions {
  /** False: stops where the records begin, if they stand behind the environments, as pixi writes them. */
  records: boolean;
}

const FIELD_NAMES: ReadonlySet<string> = new Set(FIELDS);

/**
 * Reads a pixi.lock line by line, an order of magnitude faster than a YAML parser. Undefined for whatever is not written
 * as pixi writes it; then `parseLock` has to read it. What both read, they read alike, but for values that neither uses,
 * which this passes over unseen.
 */
export function scanLock(text: string, options: ScanOptions = { records: true }): LockDocument | undefined {
  try {
    return scan(openCursor(text), options);
  } catch {
    return undefined;
  }
}

function scan(cursor: BlockCursor, options: ScanOptions): LockDocument {
  const document: LockDocument = { version: undefined, platforms: [], environments: [], records: [] };
  const seen = new Set<string>();
  while (atKey(cursor, 0)) {
    const key = readKey(cursor);
    if (seen.has(key)) throw outside(cursor);
    seen.add(key);
    if (key === 'version') document.version = readScalar(cursor);
    else if (key === 'platforms') eachItem(cursor, 0, () => document.platforms.push(readPlatform(cursor)));
    else if (key === 'environments') readEnvironments(cursor, document);
    else if (key === 'packages') {
      if (!options.records && seen.has('environments')) return document;
      eachItem(cursor, 0, () => document.records.push(readRecord(cursor)));
    } else skipValue(cursor, 0);
  }
  if (cursor.indent >= 0 || seen.size === 0) throw outside(cursor);
  return document;
}

function readEnvironments(cursor: BlockCursor, document: LockDocument): void {
  eachKey(cursor, 0, (name, indent) => {
    const platforms: LockDocument['environments'][number]['platforms'] = [];
    document.environments.push({ name, platforms });
    eachKey(cursor, indent, (key, inner) => {
      if (key !== 'packages') {
        skipValue(cursor, inner);
        return;
      }
      eachKey(cursor, inner, (platform, at) => {
        const references: LockRecord[] = [];
        platforms.push({ name: platform, references });
        eachItem(cursor, at, () => references.push(readRecord(cursor)));
      });
    });
  });
}

/** The keys of a map that is the value of a key at `parent`; `visit` reads each value. */
function eachKey(cursor: BlockCursor, parent: number, visit: (key: string, indent: number) => void): void {
  if (skipEmpty(cursor)) return;
  if (cursor.value !== cursor.end) throw outside(cursor);
  advance(cursor);
  const indent = cursor.indent;
  // Nothing at all is null, not a map: for the parser to judge.
  if (indent <= parent || cursor.dash) throw outside(cursor);
  const seen = new Set<string>();
  while (atKey(cursor, indent)) {
    const key = readKey(cursor);
    if (seen.has(key)) throw outside(cursor);
    seen.add(key);
    visit(key, indent);
  }
  if (cursor.indent > parent) throw outside(cursor);
}

/** The items of a sequence that is the value of a key at `parent`; it may stand in the key's own column. */
function eachItem(cursor: BlockCursor, parent: number, visit: () => void): void {
  if (skipEmpty(cursor)) return;
  if (cursor.value !== cursor.end) throw outside(cursor);
  advance(cursor);
  const indent = cursor.indent;
  if (indent < parent || !cursor.dash) throw outside(cursor);
  while (atItem(cursor, indent)) {
    enterItem(cursor);
    visit();
  }
  if (cursor.indent > parent) throw outside(cursor);
}

function readRecord(cursor: BlockCursor): LockRecord {
  const record = emptyRecord();
  const indent = cursor.indent;
  while (atKey(cursor, indent)) {
    const key = readKey(cursor);
    if (!isField(key)) {
      skipValue(cursor, indent);
      continue;
    }
    if (record[key] !== undefined) throw outside(cursor);
    record[key] = readScalar(cursor);
  }
  return record;
}

function readPlatform(cursor: BlockCursor): LockDocument['platforms'][number] {
  const { name, subdir } = readRecord(cursor);
  if (typeof name !== 'string') throw outside(cursor);
  return { name, subdir: subdir ?? null };
}

function isField(key: string): key is Field {
  return FIELD_NAMES.has(key);
}
