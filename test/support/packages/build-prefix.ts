import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BuiltPackage, contentOf } from './spec.ts';

export interface PrefixOptions {
  /** URL of the channel that the packages say they came from. */
  channel: string;
  /** Default true; false leaves `url` out of the records, as very old clients did. */
  urls?: boolean;
  /** Default true; false leaves `sha256` out. */
  sha256?: boolean;
}

/** Installs packages as conda leaves them: their files, one record each in conda-meta (CEP 32), and the history. */
export async function buildPrefix(
  packages: readonly BuiltPackage[],
  dir: string,
  options: PrefixOptions,
): Promise<string> {
  const meta = join(dir, 'conda-meta');
  await mkdir(meta, { recursive: true });
  for (const built of packages) {
    await linkFiles(built, dir);
    const stem = built.fileName.replace(/\.(?:conda|tar\.bz2)$/, '');
    await writeFile(join(meta, `${stem}.json`), `${JSON.stringify(recordOf(built, stem, options), null, 2)}\n`);
  }
  await writeFile(join(meta, 'history'), historyOf(packages, options.channel));
  return dir;
}

async function linkFiles(built: BuiltPackage, dir: string): Promise<void> {
  for (const [path, file] of Object.entries(built.files)) {
    const target = join(dir, path);
    await mkdir(dirname(target), { recursive: true });
    if (typeof file === 'object' && 'link' in file) {
      await symlink(file.link, target);
      continue;
    }
    const placeholder = typeof file === 'object' && 'prefixPlaceholder' in file ? file.prefixPlaceholder : undefined;
    const content = contentOf(file);
    await writeFile(target, placeholder === undefined ? content : content.toString().replaceAll(placeholder, dir));
    if (typeof file === 'object' && 'executable' in file && file.executable) await chmod(target, 0o755);
  }
}

function recordOf(built: BuiltPackage, stem: string, options: PrefixOptions): Record<string, unknown> {
  const channel = options.channel.replace(/\/$/, '');
  const cache = join('/opt/conda/pkgs', stem);
  return {
    ...built.index,
    channel: `${channel}/${built.subdir}`,
    extracted_package_dir: cache,
    features: '',
    files: built.paths.map((entry) => entry._path),
    fn: built.fileName,
    link: { source: cache, type: 1 },
    md5: built.md5,
    package_tarball_full_path: join('/opt/conda/pkgs', built.fileName),
    paths_data: {
      paths: built.paths.map((entry) => ({ ...entry, sha256_in_prefix: entry.sha256 })),
      paths_version: 1,
    },
    requested_spec: 'None',
    ...(options.sha256 === false ? {} : { sha256: built.sha256 }),
    size: built.size,
    track_features: '',
    ...(options.urls === false ? {} : { url: `${channel}/${built.subdir}/${built.fileName}` }),
  };
}

function historyOf(packages: readonly BuiltPackage[], channel: string): string {
  const lines = packages.map(
    (p) => `+${channel.replace(/\/$/, '')}/${p.subdir}::${p.fileName.replace(/\.(?:conda|tar\.bz2)$/, '')}`,
  );
  const specs = packages.map((p) => `'${String(p.index.name)}'`).join(', ');
  return [
    '==> 2023-11-14 12:00:00 <==',
    '# cmd: conda create',
    '# conda version: 24.1.0',
    ...lines,
    `# update specs: [${specs}]`,
    '',
  ].join('\n');
}
