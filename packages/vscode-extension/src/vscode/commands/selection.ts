import * as vscode from 'vscode';
import { describeSummary } from '../../core/environments/summary.ts';
import { type EnvironmentTarget, type FoundEnvironment, targetsOf } from '../../core/environments/target.ts';
import { kindLabel, type PackageNode, type TreeNode } from '../../core/environments/tree.ts';
import { t } from '../../core/l10n.ts';
import type { App } from '../app.ts';

/** The packages that a command is meant for: all that are selected if the row is among them, else the row. */
export function packagesOf(argument: unknown, selected: unknown): PackageNode[] {
  const all: unknown[] = Array.isArray(selected) && selected.length > 0 ? selected : [argument];
  const nodes = all.filter(isNode).flatMap((node): PackageNode[] => {
    if (node.kind === 'package') return [node];
    if (node.kind !== 'group') return [];
    return node.group.packages.map((entry) => ({ kind: 'package', id: '', entry, target: node.target }));
  });
  return nodes;
}

const isNode = (value: unknown): value is TreeNode => typeof value === 'object' && value !== null && 'kind' in value;

/** The environment that a command is meant for, by its argument, else by asking. Undefined: the user went away. */
export async function targetOf(
  app: App,
  argument: unknown,
  placeHolder: string,
  isMeant: (found: FoundEnvironment) => boolean = () => true,
): Promise<EnvironmentTarget | undefined> {
  if (typeof argument === 'object' && argument !== null && 'target' in argument) {
    return (argument as { target: EnvironmentTarget }).target;
  }
  if (app.model.status !== 'ready') await app.refresh();
  if (app.model.error !== undefined) {
    await app.showError(app.model.error);
    return undefined;
  }
  const items = app.model.found.filter(isMeant).flatMap((found) =>
    targetsOf(found, app.here).map((target) => {
      const loaded = app.model.get(target);
      const name = [target.environment, target.platform].filter((part) => part !== undefined).join(' · ');
      return {
        label: name === '' ? vscode.workspace.asRelativePath(found.path) : name,
        description: loaded === undefined ? kindLabel(found.kind) : describeSummary(loaded.summary),
        detail: found.path,
        target,
      };
    }),
  );
  if (items.length === 0) {
    await vscode.window.showInformationMessage(t('No environment was found in this workspace.'));
    return undefined;
  }
  if (items.length === 1) return items[0]?.target;
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDetail: true }))?.target;
}
