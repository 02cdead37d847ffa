import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { formatBytes, formatCount } from '../../core/format.ts';
import { t } from '../../core/l10n.ts';
import type { App } from '../app.ts';
import type { CacheView } from '../cache-view.ts';
import { COMMANDS } from '../ids.ts';
import { withProgress } from '../with-progress.ts';

export function cacheCommands(app: App, view: CacheView) {
  return {
    [COMMANDS.refreshCache]: () => {
      view.refresh();
    },
    [COMMANDS.verifyCache]: async () => {
      const result = await withProgress({
        title: t('Hashing every blob again'),
        run: (options) => app.daemon.request('cache/verify', {}, options),
      });
      view.verified(result);
      const { checked, bad } = result;
      if (bad.length === 0) void vscode.window.showInformationMessage(t('{0} blobs are sound.', formatCount(checked)));
      else void vscode.window.showWarningMessage(t('{0} damaged blobs were set aside; prefetch again.', bad.length));
    },
    [COMMANDS.collectCache]: async () => {
      const plan = await app.daemon.request('cache/gc', { dryRun: true });
      if (plan.removed === 0) {
        void vscode.window.showInformationMessage(t('There is nothing to collect: everything in the store is in use.'));
        return;
      }
      const go = t('Free {0}', formatBytes(plan.bytes));
      const detail = t('{0} blobs that nothing refers to would go, {1} stay.', plan.removed, plan.kept);
      const question = t('Collect what nothing needs?');
      if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, go)) !== go) return;
      const { bytes } = await withProgress({
        title: t('Collecting'),
        run: (options) => app.daemon.request('cache/gc', {}, options),
      });
      view.refresh();
      void vscode.window.showInformationMessage(t('{0} are free again.', formatBytes(bytes)));
      await app.model.reload();
    },
    [COMMANDS.exportCache]: async () => {
      const parent = await vscode.window.showOpenDialog({
        ...{ canSelectFolders: true, canSelectFiles: false, openLabel: t('Export Here') },
        defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir()),
      });
      const folder = parent?.[0]?.fsPath;
      if (folder === undefined) return;
      const directory = join(folder, 'condock-export');
      const { blobs, bytes } = await withProgress({
        title: t('Exporting to {0}', directory),
        run: (options) => app.daemon.request('cache/export', { directory }, options),
      });
      void vscode.window.showInformationMessage(
        t('{0} blobs ({1}) are in {2}, an OCI image layout.', formatCount(blobs), formatBytes(bytes), directory),
      );
    },
  };
}
