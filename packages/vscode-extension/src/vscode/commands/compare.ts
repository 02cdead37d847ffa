import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { compareEnvironments, comparisonMarkdown } from '../../core/compare/compare.ts';
import type { EnvironmentTarget, FoundEnvironment } from '../../core/environments/target.ts';
import { t } from '../../core/l10n.ts';
import type { App } from '../app.ts';
import { COMMANDS } from '../ids.ts';
import type { Reports } from '../reports.ts';
import { targetOf } from './selection.ts';

export function compareCommands(app: App, reports: Reports) {
  return {
    [COMMANDS.compare]: async (argument: unknown) => {
      const isLock = ({ kind }: FoundEnvironment): boolean => kind !== 'prefix';
      const lock = await targetOf(app, argument, t('Which lock shall be compared?'), isLock);
      const prefix = lock === undefined ? undefined : await pickPrefix(app, lock);
      if (lock === undefined || prefix === undefined) return;
      const [locked, installed] = await Promise.all([app.model.load(lock), app.model.load({ path: prefix })]);
      const error = locked.error ?? installed.error;
      if (error !== undefined) {
        void app.showError(error);
        return;
      }
      const names = { lock: lock.path, prefix };
      await reports.show(
        t('Comparison'),
        comparisonMarkdown(names, compareEnvironments(locked.packages, installed.packages)),
      );
    },
  };
}

/** The prefix that pixi installs an environment into comes first; any other can be chosen. */
async function pickPrefix(app: App, lock: EnvironmentTarget): Promise<string | undefined> {
  const workspace = app.model.found.find(({ path, kind }) => path === lock.path && kind === 'pixi-workspace');
  const folder = workspace?.path ?? dirname(lock.path);
  const own = join(folder, '.pixi', 'envs', lock.environment ?? 'default');
  const prefixes = app.model.found.filter(({ kind }) => kind === 'prefix').map(({ path }) => path);
  const isInstalled = await vscode.workspace.fs.stat(vscode.Uri.file(join(own, 'conda-meta'))).then(
    () => true,
    () => false,
  );
  const known = [...new Set([...(isInstalled ? [own] : []), ...prefixes])];
  if (known.length === 1) return known[0];
  const other = t('Choose a folder…');
  const items = [...known.map((label) => ({ label })), { label: other, alwaysShow: true }];
  const chosen = (await vscode.window.showQuickPick(items, { placeHolder: t('Installed prefix to compare with') }))
    ?.label;
  if (chosen !== other) return chosen;
  const options = { canSelectFolders: true, canSelectFiles: false };
  return (await vscode.window.showOpenDialog(options))?.[0]?.fsPath;
}
