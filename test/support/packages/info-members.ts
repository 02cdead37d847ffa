import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { contentOf, DEFAULT_TIMESTAMP, type PackageFile, type PackageSpec, type PathEntry } from './spec.ts';

export interface InfoMembers {
  index: Record<string, unknown>;
  paths: PathEntry[];
  /** Members of info/ by name without `info/`. */
  members: Map<string, Uint8Array>;
}

/** The info directory that conda-build writes for such a package (CEP 34). */
export function infoMembers(spec: PackageSpec, files: Readonly<Record<string, PackageFile>>): InfoMembers {
  const index = indexOf(spec);
  const paths = Object.keys(files)
    .sort()
    .map((path) => pathEntry(path, files));
  const subject = `${String(index.name)} ${String(index.version)}`;
  const texts: Record<string, string> = {
    'index.json': json(index),
    'about.json': json(aboutOf(spec, subject)),
    'paths.json': json({ paths, paths_version: 1 }),
    files: paths.map((entry) => `${entry._path}\n`).join(''),
    'hash_input.json': json({}),
    git: '',
  };
  const licenses = spec.licenseTexts ?? { 'LICENSE.txt': `${subject}: do with it what you like.\n` };
  for (const [name, text] of Object.entries(licenses)) texts[`licenses/${name}`] = text;
  const recipe = spec.recipe ?? {
    'meta.yaml': `package:\n  name: ${String(index.name)}\n  version: "${String(index.version)}"\n`,
  };
  for (const [name, text] of Object.entries(recipe)) texts[`recipe/${name}`] = text;
  if (spec.runExports !== undefined) texts['run_exports.json'] = json(spec.runExports);
  const linked = paths.filter((entry) => entry.prefix_placeholder !== undefined);
  if (linked.length > 0) {
    texts.has_prefix = linked
      .map((e) => `${e.prefix_placeholder ?? ''} ${e.file_mode ?? 'text'} ${e._path}\n`)
      .join('');
  }
  if (index.noarch === 'python') {
    texts['link.json'] = json({ noarch: { entry_points: [], type: 'python' }, package_metadata_version: 1 });
  }
  const members = new Map(Object.entries(texts).map(([name, text]): [string, Uint8Array] => [name, Buffer.from(text)]));
  for (const [name, content] of Object.entries(spec.info ?? {})) {
    if (content === null) members.delete(name);
    else members.set(name, Buffer.from(content as string));
  }
  return { index, paths, members };
}

function indexOf(spec: PackageSpec): Record<string, unknown> {
  const subdir = spec.subdir ?? 'noarch';
  const noarch = subdir === 'noarch' ? (spec.noarch ?? 'generic') : undefined;
  const build = spec.build ?? (noarch === 'python' ? 'pyh0000000_0' : '0');
  const [platform, arch] = subdir.split('-');
  const index: Record<string, unknown> = {
    arch: noarch !== undefined ? null : arch === '64' ? 'x86_64' : (arch ?? null),
    build,
    build_number: spec.buildNumber ?? Number(/(\d+)$/.exec(build)?.[1] ?? 0),
    ...(spec.constrains === undefined ? {} : { constrains: spec.constrains }),
    depends: spec.depends ?? [],
    license: spec.license ?? 'MIT',
    name: spec.name,
    ...(noarch === undefined ? {} : { noarch }),
    platform: noarch !== undefined ? null : (platform ?? null),
    subdir,
    timestamp: spec.timestamp ?? DEFAULT_TIMESTAMP,
    version: spec.version ?? '1.0',
    ...spec.index,
  };
  return Object.fromEntries(Object.entries(index).filter(([, value]) => value !== undefined));
}

const aboutOf = (spec: PackageSpec, subject: string): Record<string, unknown> => ({
  description: spec.description ?? `${subject}, made to try conda tools on.`,
  home: spec.home ?? `https://example.org/${spec.name}`,
  license: spec.license ?? 'MIT',
  license_file: Object.keys(spec.licenseTexts ?? { 'LICENSE.txt': '' }),
  summary: spec.summary ?? `A small package called ${spec.name}`,
});

function pathEntry(path: string, files: Readonly<Record<string, PackageFile>>): PathEntry {
  const file = files[path]!;
  // conda-build describes a link by what it leads to, where that is in the package.
  const target = typeof file === 'object' && 'link' in file ? posix.join(posix.dirname(path), file.link) : path;
  const content = contentOf(files[target] ?? '');
  const entry: PathEntry = {
    _path: path,
    path_type: target === path ? 'hardlink' : 'softlink',
    sha256: createHash('sha256').update(content).digest('hex'),
    size_in_bytes: content.length,
  };
  if (typeof file !== 'object' || !('prefixPlaceholder' in file)) return entry;
  return { ...entry, file_mode: file.fileMode ?? 'text', prefix_placeholder: file.prefixPlaceholder };
}

const json = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;
