import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../../../../../../shared/fixtures');

/** The real files of one kind that stand beside the repository; says so where they do not. */
export function fixtures(kind: string): { folder: string; missing: boolean; names: string[] } {
  const folder = join(ROOT, kind);
  const missing = !existsSync(folder);
  if (missing) console.log(`Skipped: the fixtures are not at ${folder}.`);
  return { folder, missing, names: missing ? [] : readdirSync(folder).sort() };
}
