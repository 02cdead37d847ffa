import type { EnvironmentPackage, PackageInsides } from '@condock/protocol';
import { t } from '../l10n.ts';
import { type Dependency, dependsOf, resolveDependencies } from './dependencies.ts';
import { buildFileTree, type FileNode, type ListedFile } from './file-tree.ts';

export interface TextFile {
  path: string;
  text: string;
  truncated: boolean;
}

/** Everything that the page of a package shows. */
export interface PackagePage {
  title: string;
  version: string;
  build: string;
  subdir: string;
  summary: string;
  description: string;
  /** Label and value, in order; values that are web addresses are shown as such. */
  about: { label: string; value: string }[];
  depends: Dependency[];
  constrains: string[];
  /** Strength (`weak`, `strong` …) and specs. */
  runExports: { kind: string; specs: string[] }[];
  files: FileNode[];
  fileCount: number;
  fileBytes: number | undefined;
  licenses: readonly TextFile[];
  recipe: readonly TextFile[];
  insides: PackageInsides;
  /** As the environment has it, where the page was opened from one. */
  entry: EnvironmentPackage | undefined;
}

export interface PageInput {
  insides: PackageInsides;
  files: readonly ListedFile[];
  entry?: EnvironmentPackage | undefined;
  /** Of the environment that the package was opened from. */
  packages?: readonly EnvironmentPackage[] | undefined;
}

const ABOUT_FIELDS = [
  ['license', () => t('Licence')],
  ['license_family', () => t('Licence family')],
  ['home', () => t('Home')],
  ['dev_url', () => t('Development')],
  ['doc_url', () => t('Documentation')],
  ['source_url', () => t('Source')],
  ['channels', () => t('Built with channels')],
  ['conda_build_version', () => t('Built by conda-build')],
] as const;

/** What a package holds, put in the order in which people ask for it. Trusts nothing of what the package says of itself. */
export function describePackage({ insides, files, entry, packages }: PageInput): PackagePage {
  const { index, about } = insides;
  const aboutFields: PackagePage['about'] = ABOUT_FIELDS.flatMap(([field, label]) => {
    const value = asText(about?.[field] ?? (field === 'license' ? index[field] : undefined));
    return value === '' ? [] : [{ label: label(), value }];
  });
  const timestamp = index.timestamp;
  const moment = typeof timestamp === 'number' ? new Date(timestamp) : undefined;
  if (moment !== undefined && !Number.isNaN(moment.getTime())) {
    aboutFields.push({ label: t('Built'), value: moment.toISOString().slice(0, 10) });
  }
  return {
    title: asText(index.name) || (entry?.name ?? insides.target),
    version: asText(index.version),
    build: asText(index.build),
    subdir: asText(index.subdir),
    summary: asText(about?.summary),
    description: asText(about?.description),
    about: aboutFields,
    depends: resolveDependencies(dependsOf(index), packages),
    constrains: dependsOf(index, 'constrains'),
    runExports: Object.entries(insides.runExports ?? {}).flatMap(([kind]) => {
      const specs = dependsOf(insides.runExports ?? {}, kind);
      return specs.length === 0 ? [] : [{ kind, specs }];
    }),
    files: buildFileTree(files),
    fileCount: insides.files?.count ?? files.length,
    fileBytes: insides.files?.bytes ?? undefined,
    licenses: insides.licenses,
    recipe: insides.recipe,
    insides,
    entry,
  };
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return String(value);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(', ') : '';
}
