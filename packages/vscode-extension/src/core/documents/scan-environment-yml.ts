import type { ScannedDocument } from './entry.ts';

/** `- channel::name=1.2`, `- name >=1`, maybe quoted; a nested list (`- pip:`) is not conda's. */
const ITEM = /^(\s*)-\s+(["']?)((?:[^\s"'[\]]+::)?)([A-Za-z0-9_.-]+)/;

/** The package names below `dependencies:` of an environment.yml. */
export function scanEnvironmentYml(lines: readonly string[]): ScannedDocument {
  const scanned: ScannedDocument = { entries: [], environments: [] };
  let inside = false;
  let depth: number | undefined;
  for (const [line, text] of lines.entries()) {
    if (/^\S/.test(text) && !text.startsWith('-') && !text.startsWith('#')) {
      inside = /^dependencies:\s*(?:#.*)?$/.test(text);
      depth = undefined;
      continue;
    }
    const item = inside ? ITEM.exec(text) : null;
    if (item === null) continue;
    const indent = (item[1] ?? '').length;
    depth ??= indent;
    const name = item[4] ?? '';
    const start = item[0].length - name.length;
    if (indent !== depth || text[start + name.length] === ':') continue;
    scanned.entries.push({ line, start, end: start + name.length, kind: 'name', text: name });
  }
  return scanned;
}
