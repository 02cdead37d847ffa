import { CondockError } from '@condock/protocol';

/** Ends every line that Condock wrote into somebody's configuration, so that it can be taken back and nothing else with it. */
export const MARK = '# added by condock';

/** One entry `key: value` below a top-level table of a configuration file. */
export interface MarkedEntry {
  /** The line that opens the table, as it is to be written: `[mirrors]`, `mirrored_channels:`. */
  header: string;
  /** Finds that table where the file has it already. */
  isHeader: (line: string) => boolean;
  /** What the entry's line begins with, and no other key's does: `"https://…" =`, `name:`. */
  key: string;
  /** The entry's line, without mark. */
  line: string;
}

/** The text with the entry below its table, in the place of an earlier one of its key; text that has it already comes back as it is. */
export function addMarked(text: string, entry: MarkedEntry): string {
  const clean = removeMarked(text, entry);
  const lines = clean === '' ? [] : clean.replace(/\n$/, '').split('\n');
  const marked = `${entry.line}  ${MARK}`;
  if (text.split('\n').includes(marked)) return text;
  const at = lines.findIndex(entry.isHeader);
  if (at >= 0) lines.splice(at + 1, 0, marked);
  else lines.push(...(lines.length > 0 && lines.at(-1) !== '' ? [BEFORE] : []), `${entry.header}  ${MARK}`, marked);
  return `${lines.join('\n')}\n`;
}

/** The text without what `addMarked` wrote for a key, or for every key; a table that it opened goes with its last entry. */
export function removeMarked(text: string, entry?: Pick<MarkedEntry, 'key' | 'isHeader'>): string {
  const lines = text.split('\n');
  const kept = lines.filter(
    (line) => !isMarked(line) || (entry !== undefined && !line.trimStart().startsWith(entry.key)),
  );
  const isEntry = (line: string): boolean =>
    isMarked(line) && line.trim() !== BEFORE && entry?.isHeader(line) === false;
  return (kept.some(isEntry) ? kept : kept.filter((line) => !isMarked(line))).join('\n');
}

/** Stands before a table that was opened at the end of a file. */
const BEFORE = `${MARK}:`;

const isMarked = (line: string): boolean => line.trimEnd().endsWith(MARK) || line.trim() === BEFORE;

/** Throws `conflict` where the user has an entry of the same key of their own. */
export function refuseOwnEntry(path: string, table: string, key: string): never {
  throw new CondockError('conflict', `${path} has an entry of its own for ${key} in ${table}.`, {
    hint: 'Condock leaves it alone. Change it by hand: "condock channel url" says what to write.',
    data: { path },
  });
}
