import type { ScannedDocument } from './entry.ts';

/** Tables of a pixi manifest whose keys are conda packages; `tool.pixi.` stands before them in pyproject.toml. */
const TABLE =
  /^(?:tool\.pixi\.)?(?:(?:feature\.([^.]+)|package)\.)?(?:target\.[^.]+\.)?(?:host-|build-|run-)?dependencies$/;
const HEADER = /^\s*\[\s*([^[\]]+?)\s*\]\s*(?:#.*)?$/;
const KEY = /^(\s*)("?)([A-Za-z0-9_.-]+)\2\s*=/;

/** The package names of a pixi.toml or pyproject.toml; the default environment stands at `[dependencies]`. */
export function scanToml(lines: readonly string[]): ScannedDocument {
  const scanned: ScannedDocument = { entries: [], environments: [] };
  let inside = false;
  for (const [line, text] of lines.entries()) {
    const header = HEADER.exec(text)?.[1]?.replaceAll(/["\s]/g, '');
    if (header !== undefined) {
      inside = TABLE.test(header);
      if (/^(?:tool\.pixi\.)?dependencies$/.test(header)) {
        scanned.environments.push({ line, environment: 'default', platform: undefined });
      }
      continue;
    }
    const key = inside ? KEY.exec(text) : null;
    if (key === null) continue;
    const name = key[3] ?? '';
    const start = (key[1] ?? '').length + (key[2] ?? '').length;
    scanned.entries.push({ line, start, end: start + name.length, kind: 'name', text: name });
  }
  return scanned;
}
