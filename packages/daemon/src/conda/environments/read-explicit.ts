import { CondockError } from '@condock/protocol';
import { entryMaker } from './entry.ts';
import type { EnvironmentEntry, ListedEnvironment } from './types.ts';

/** Whether a text is an explicit file: a line `@EXPLICIT` stands in its head. */
export function isExplicit(text: string): boolean {
  return /^@EXPLICIT\s*$/m.test(text.slice(0, 65_536));
}

/**
 * Reads an explicit file: URLs or paths, one per line, each with `#<md5>`, `#<sha256>`, `#sha256:<sha256>` or nothing.
 * `~` and environment variables stay as they stand: the file may be somebody else's.
 */
export function readExplicit(text: string, path: string): { environments: ListedEnvironment[]; warnings: string[] } {
  const make = entryMaker();
  const packages: EnvironmentEntry[] = [];
  const warnings: string[] = [];
  let platform: string | null = null;
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    platform ??= /^#\s*platform:\s*(\S+)/.exec(line)?.[1] ?? null;
    if (line === '' || line === '@EXPLICIT' || line.startsWith('#')) continue;
    const hash = line.indexOf('#');
    const location = (hash < 0 ? line : line.slice(0, hash)).trim();
    const digest = hash < 0 ? '' : line.slice(hash + 1).trim();
    if (/\s/.test(location)) {
      warnings.push(`${path}, line ${at + 1}, is neither a URL nor a path, so it is not listed.`);
      continue;
    }
    packages.push(make({ kind: 'conda', location, ...digests(digest), error: odd(digest, location) }));
  }
  if (packages.length === 0 && warnings.length === 0) warnings.push(`${path} lists no packages.`);
  return { environments: [{ name: 'default', platform, packages }], warnings };
}

function digests(text: string): { sha256?: string; md5?: string } {
  const bare = text.replace(/^(?:sha256|md5):/i, '');
  if (/^[0-9a-f]{64}$/i.test(bare)) return { sha256: bare };
  return /^[0-9a-f]{32}$/i.test(bare) ? { md5: bare } : {};
}

function odd(text: string, location: string): CondockError | undefined {
  if (text === '' || Object.keys(digests(text)).length > 0) return undefined;
  const name = location.split('/').at(-1) ?? location;
  return new CondockError('unknown-digest', `What follows ${name} is neither an MD5 nor a SHA-256.`, {
    hint: 'Write the explicit file again, for example with "conda list --explicit --sha256".',
  });
}
