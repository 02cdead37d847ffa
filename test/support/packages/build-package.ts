import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { condaZip, type Members, tarBz2 } from './archive.ts';
import { infoMembers } from './info-members.ts';
import { type BuiltPackage, DEFAULT_TIMESTAMP, type PackageFile, type PackageSpec } from './spec.ts';

/** Builds a package that real conda clients can install into `outDir` and says its path. The same spec gives the same bytes. */
export async function buildPackage(spec: PackageSpec, outDir: string): Promise<string> {
  return (await describePackage(spec, outDir)).path;
}

/** `buildPackage` for several, with what locks, prefixes and repodata say about each. */
export async function buildPackages(specs: readonly PackageSpec[], outDir: string): Promise<BuiltPackage[]> {
  const built: BuiltPackage[] = [];
  for (const spec of specs) built.push(await describePackage(spec, outDir));
  return built;
}

async function describePackage(spec: PackageSpec, outDir: string): Promise<BuiltPackage> {
  const files = spec.files ?? defaultFiles(spec);
  const { index, paths, members } = infoMembers(spec, files);
  const stem = `${spec.name}-${spec.version ?? '1.0'}-${spec.build ?? String(index.build)}`;
  const fileName = `${stem}.${spec.format ?? 'conda'}`;
  const timestamp = spec.timestamp ?? DEFAULT_TIMESTAMP;
  const info: Members = sorted(members, 'info/');
  const payload: Members = sorted(Object.entries(files), '');
  const bytes =
    spec.format === 'tar.bz2' ? await tarBz2(info, payload, timestamp) : await condaZip(stem, info, payload, timestamp);
  const path = join(outDir, fileName);
  await mkdir(outDir, { recursive: true });
  await writeFile(path, bytes);
  return {
    path,
    fileName,
    subdir: typeof index.subdir === 'string' ? index.subdir : (spec.subdir ?? 'noarch'),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    md5: createHash('md5').update(bytes).digest('hex'),
    size: bytes.length,
    index,
    paths,
    files,
    runExports: spec.runExports ?? {},
  };
}

const sorted = (members: Iterable<readonly [string, PackageFile]>, prefix: string): Members =>
  [...members].map(([name, file]) => [`${prefix}${name}`, file] as const).sort(([a], [b]) => (a < b ? -1 : 1));

function defaultFiles(spec: PackageSpec): Record<string, PackageFile> {
  const path =
    spec.noarch === 'python' ? `site-packages/${spec.name.replaceAll('-', '_')}.py` : `share/${spec.name}/README.txt`;
  return { [path]: `# ${spec.name} ${spec.version ?? '1.0'}\n` };
}
