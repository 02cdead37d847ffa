import * as vscode from 'vscode';
import { describeSummary } from '../core/environments/summary.ts';
import { targetsOf } from '../core/environments/target.ts';
import { formatCount } from '../core/format.ts';
import type { App } from './app.ts';
import { VIEWS } from './ids.ts';
import { settings } from './settings.ts';

/** One short fact at the window's edge: how much of the workspace's first environment is cached. */
export function createStatusBar(app: App): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('summary', vscode.StatusBarAlignment.Left, 20);
  item.name = 'Condock';
  item.command = `${VIEWS.environments}.focus`;
  const update = (): void => {
    const { model } = app;
    const first = model.found.flatMap((found) => targetsOf(found, app.here).slice(0, 1))[0];
    const loaded = first === undefined ? undefined : model.get(first);
    if (model.status === 'failed') {
      item.text = '$(warning) Condock';
      item.tooltip = model.error?.message;
    } else if (loaded === undefined || loaded.summary.total === 0) {
      item.text = '$(package) Condock';
      item.tooltip = vscode.l10n.t('Show the packages of this workspace');
    } else {
      const { cached, total } = loaded.summary;
      item.text = `$(package) ${formatCount(cached)}/${formatCount(total)}`;
      item.tooltip = describeSummary(loaded.summary);
      item.accessibilityInformation = { label: `Condock: ${describeSummary(loaded.summary)}` };
    }
    if (settings.statusBar()) item.show();
    else item.hide();
  };
  update();
  return vscode.Disposable.from(
    item,
    app.model.onDidChange(update),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('condock.statusBar')) update();
    }),
  );
}
