import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../shared/fixtures', import.meta.url));

/** Real files of others (../shared/fixtures beside the repository), or what is skipped is said and undefined comes back. */
export function fixturesOrSay(suite: string): string | undefined {
  if (existsSync(ROOT)) return ROOT;
  console.log(`Skipped: ${suite}. There are no fixtures at ${ROOT}.`);
  return undefined;
}

/** Absolute paths of all packages below a folder. */
export function packagesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:conda|tar\.bz2)$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}
