import { createHash } from 'node:crypto';
import { basename, relative, sep } from 'node:path';
import type { EnvironmentKind, EnvironmentPackage } from '@condock/protocol';
import { formatCount } from '../format.ts';
import { t } from '../l10n.ts';
import type { EnvironmentsModel } from './environments-model.ts';
import { filterPackages, isFiltering, type PackageFilter } from './filter.ts';
import { type Grouping, groupPackages, type PackageGroup } from './group.ts';
import { type EnvironmentTarget, type FoundEnvironment, targetKey, targetsOf } from './target.ts';

/** A row of the view. `id` is unique and stays the same while the row means the same. */
export type TreeNode =
  | { kind: 'folder'; id: string; label: string; path: string | undefined }
  | { kind: 'found'; id: string; label: string; found: FoundEnvironment }
  | { kind: 'environment'; id: string; label: string; found: FoundEnvironment; target: EnvironmentTarget }
  | { kind: 'group'; id: string; group: PackageGroup; target: EnvironmentTarget }
  | { kind: 'package'; id: string; entry: EnvironmentPackage; target: EnvironmentTarget }
  | { kind: 'message'; id: string; text: string; severity: 'info' | 'warning' | 'error'; hint?: string | undefined };

export type PackageNode = Extract<TreeNode, { kind: 'package' }>;
export type EnvironmentNode = Extract<TreeNode, { kind: 'environment' }>;

export interface TreeSettings {
  folders: readonly { name: string; path: string }[];
  filter: PackageFilter;
  grouping: Grouping;
  /** The subdir of this machine. */
  here: string;
}

/** Rows of the environments view out of what the model holds. Reads only; what is not listed yet is for the caller to load. */
export function childrenOf(node: TreeNode | undefined, model: EnvironmentsModel, settings: TreeSettings): TreeNode[] {
  return withUniqueIds(rowsOf(node, model, settings));
}

function rowsOf(node: TreeNode | undefined, model: EnvironmentsModel, settings: TreeSettings): TreeNode[] {
  switch (node?.kind) {
    case undefined:
      return roots(model, settings);
    case 'folder':
      return foundIn(node.path, model, settings).map((found) => foundNode(found, node.path, settings));
    case 'found':
      return node.found.kind === 'specs'
        ? [specsMessage(node.found)]
        : targetsOf(node.found, settings.here).map((target) =>
            environmentNode(node.found, target, targetLabel(target)),
          );
    case 'environment':
      return insideEnvironment(node, model, settings);
    case 'group':
      return node.group.packages.map((entry) => packageNode(entry, node.target, `${node.group.key}/`));
    default:
      return [];
  }
}

function roots(model: EnvironmentsModel, settings: TreeSettings): TreeNode[] {
  const { folders } = settings;
  const outside = foundIn(undefined, model, settings);
  const inFolders =
    folders.length > 1
      ? folders.map(({ name, path }) => ({ kind: 'folder' as const, id: `folder:${path}`, label: name, path }))
      : folders.flatMap(({ path }) => foundIn(path, model, settings).map((found) => foundNode(found, path, settings)));
  const machine = { kind: 'folder' as const, id: 'machine', label: t('On this machine'), path: undefined };
  const notes = model.warnings.map((text) => ({
    ...{ kind: 'message' as const, id: `warning:${text}`, text, severity: 'warning' as const },
  }));
  return [...inFolders, ...(outside.length === 0 ? [] : [machine]), ...notes];
}

/** What lies in a folder; for undefined, what lies in none. */
function foundIn(folder: string | undefined, model: EnvironmentsModel, { folders }: TreeSettings): FoundEnvironment[] {
  const home = (path: string): string | undefined =>
    folders
      .map((f) => f.path)
      .filter((f) => path === f || path.startsWith(f.endsWith(sep) ? f : f + sep))
      .sort((a, b) => b.length - a.length)[0];
  return model.found.filter((found) => home(found.path) === folder);
}

function foundNode(found: FoundEnvironment, folder: string | undefined, { here }: TreeSettings): TreeNode {
  const label = placeLabel(found, folder);
  const [only, ...others] = targetsOf(found, here);
  if (only !== undefined && others.length === 0) return environmentNode(found, only, label);
  return { kind: 'found', id: `found:${found.path}`, label, found };
}

function placeLabel(found: FoundEnvironment, folder: string | undefined): string {
  const inside = folder === undefined ? '' : relative(folder, found.path);
  if (inside === '') return basename(found.path);
  return inside.split(sep).join('/');
}

const environmentNode = (found: FoundEnvironment, target: EnvironmentTarget, label: string): EnvironmentNode => ({
  ...{ kind: 'environment', id: `environment:${shortKey(target)}`, label, found, target },
});

const targetLabel = ({ environment, platform }: EnvironmentTarget): string =>
  [environment, platform].filter((part) => part !== undefined).join(' · ');

function insideEnvironment(node: EnvironmentNode, model: EnvironmentsModel, settings: TreeSettings): TreeNode[] {
  const loaded = model.get(node.target);
  if (loaded === undefined) return [];
  const message = (text: string, severity: 'info' | 'warning' | 'error', hint?: string): TreeNode => ({
    ...{ kind: 'message', id: `${node.id}/message:${text}`, text, severity, hint },
  });
  const rows: TreeNode[] = [];
  if (loaded.error !== undefined) rows.push(message(loaded.error.message, 'error', loaded.error.hint));
  rows.push(...loaded.warnings.map((warning) => message(warning, 'warning')));
  const shown = filterPackages(loaded.packages, settings.filter);
  if (shown.length < loaded.packages.length && isFiltering(settings.filter)) {
    rows.push(
      message(t('{0} of {1} shown (filtered)', formatCount(shown.length), formatCount(loaded.packages.length)), 'info'),
    );
  }
  if (loaded.status === 'complete' && loaded.packages.length === 0 && rows.length === 0) {
    rows.push(message(t('No packages.'), 'info'));
  }
  const groups = groupPackages(shown, settings.grouping);
  if (groups === undefined) rows.push(...shown.map((entry) => packageNode(entry, node.target, '')));
  else {
    for (const group of groups) {
      rows.push({ kind: 'group', id: `${node.id}/group:${group.key}`, group, target: node.target });
    }
  }
  return rows;
}

const packageNode = (entry: EnvironmentPackage, target: EnvironmentTarget, group: string): PackageNode => ({
  kind: 'package',
  id: `${shortKey(target)}/${group}${entry.kind}/${entry.subdir}/${entry.name}-${entry.version}-${entry.build}`,
  entry,
  target,
});

const shortKeys = new Map<string, string>();

/** Tells targets apart in ids. Ids travel to the window thousands at a time, twice with each row, so they are kept short. */
function shortKey(target: EnvironmentTarget): string {
  const key = targetKey(target);
  const known = shortKeys.get(key) ?? createHash('sha256').update(key).digest('base64url').slice(0, 12);
  shortKeys.set(key, known);
  return known;
}

/** A lock may list an archive twice, and two warnings may be alike; a tree with two equal ids shows nothing at all. */
function withUniqueIds(rows: TreeNode[]): TreeNode[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const before = seen.get(row.id) ?? 0;
    seen.set(row.id, before + 1);
    return before === 0 ? row : { ...row, id: `${row.id}#${String(before + 1)}` };
  });
}

function specsMessage(found: FoundEnvironment): TreeNode {
  const text = found.note ?? t('It names what is wanted, not what is installed.');
  const hint = t('Lock it (pixi lock, conda-lock) or install it; then its packages show here.');
  return { kind: 'message', id: `specs:${found.path}`, text, severity: 'info', hint };
}

const KINDS: Record<EnvironmentKind, () => string> = {
  prefix: () => t('installed prefix'),
  'pixi-workspace': () => t('pixi workspace'),
  'pixi-lock': () => t('pixi lock'),
  'conda-lock': () => t('conda-lock'),
  explicit: () => t('explicit file'),
  specs: () => t('needs a lock'),
};

export const kindLabel = (kind: EnvironmentKind): string => KINDS[kind]();
