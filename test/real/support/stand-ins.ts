import { basename } from 'node:path';
import type { EnvironmentPackage } from '@condock/protocol';
import { type BuiltPackage, buildPackages } from '../../support/packages/index.ts';

/** Packages that bear the names of those in an environment, which nobody here has; by file name with its subdir. */
export type StandIns = ReadonlyMap<string, BuiltPackage>;

/** A small real package for each conda package that is listed, under its name, one per build. */
export async function buildStandIns(listed: readonly EnvironmentPackage[], folder: string): Promise<StandIns> {
  const built = new Map<string, BuiltPackage>();
  const stems = new Set<string>();
  for (const { kind, fileName, subdir, name, version, build } of listed) {
    if (kind !== 'conda' || fileName === null) continue;
    // v0 has one place for both formats of a build.
    const stem = `${subdir}/${name}-${version}-${build}`;
    if (stems.has(stem)) continue;
    stems.add(stem);
    const format = fileName.endsWith('.conda') ? 'conda' : 'tar.bz2';
    const index = { build, version };
    const [one] = await buildPackages([{ name, version, build, subdir, format, index }], `${folder}/${subdir}`);
    if (one !== undefined) built.set(`${subdir}/${fileName}`, one);
  }
  return built;
}

/**
 * A lock, explicit file or record with the hashes and sizes of the stand-ins in place of its own. Works on the text, block by
 * block, so that all else stays as its tool wrote it.
 */
export function withStandIns(text: string, standIns: StandIns): string {
  return text
    .split(/^(?=\s*- (?:kind|conda|conda_source|pypi|name): )/m)
    .map((block) => {
      const location = /(?:conda|url): *['"]?([^\s'"]+\.(?:conda|tar\.bz2))/.exec(block)?.[1];
      const standIn = location === undefined ? undefined : standIns.get(placeOf(location));
      if (standIn === undefined) return block;
      return block
        .replace(/^(\s*sha256:) *[0-9a-f]{64}/m, `$1 ${standIn.sha256}`)
        .replace(/^(\s*md5:) *[0-9a-f]{32}/m, `$1 ${standIn.md5}`)
        .replace(/^(\s*size:) *\d+/m, `$1 ${String(standIn.size)}`);
    })
    .join('');
}

/** The same for a record of conda-meta. */
export function recordWithStandIn(text: string, standIns: StandIns): string {
  const record = JSON.parse(text) as { url: string };
  const standIn = standIns.get(placeOf(record.url));
  if (standIn === undefined) return text;
  const { sha256, md5, size } = standIn;
  return JSON.stringify({ ...record, sha256, md5, size });
}

const placeOf = (url: string): string => {
  const parts = url.split('/');
  return `${parts.at(-2) ?? ''}/${basename(url)}`;
};
