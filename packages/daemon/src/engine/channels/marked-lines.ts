import { CondockError } from '@condock/protocol';

/** Ends every line that Condock wrote into somebody's configuration, so that it can be taken back and nothing else with it. */
export const MARK = '# added by condock';

/** One entry `key: value` below a top-level table of a configuration file. */
export interface MarkedEntry {
  /** The line that opens the table, as it is to be written: `[mirrors]`, `mirrored_channels:`. */
  header: string;
  /** Finds that table where the file has it already. */
  isHeader: (line: string) => boolean;
  /** The entry's line or lines, without mark. */
  lines: readonly string[];
}

/** The text with the entry below its table; text that has the entry already comes back as it is. */
export function addMarked(text: string, entry: MarkedEntry): string {
  const clean = removeMarked(text);
  const lines = clean === '' ? [] : clean.replace(/\n$/, '').split('\n');
  const marked = entry.lines.map((line) => `${line}  ${MARK}`);
  const at = lines.findIndex(entry.isHeader);
  if (at >= 0) lines.splice(at + 1, 0, ...marked);
  else
    lines.push(...(lines.length > 0 && lines.at(-1) !== '' ? [`${MARK}:`] : []), `${entry.header}  ${MARK}`, ...marked);
  return `${lines.join('\n')}\n`;
}

/** The text without what `addMarked` wrote. */
export function removeMarked(text: string): string {
  const kept = text.split('\n').filter((line) => !line.trimEnd().endsWith(MARK) && line.trim() !== `${MARK}:`);
  return kept.join('\n');
}

/** Throws `conflict` where the user has an entry of the same key of their own. */
export function refuseOwnEntry(path: string, table: string, key: string): never {
  throw new CondockError('conflict', `${path} has an entry of its own for ${key} in ${table}.`, {
    hint: 'Condock leaves it alone. Change it by hand: "condock channel url" says what to write.',
    data: { path },
  });
}
