import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ParamsOf } from '@condock/protocol';
import * as vscode from 'vscode';
import { blobCount } from '../../core/counts.ts';
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
        ...{ title: t('Hashing every blob again'), unit: 'blobs' },
        run: (options) => app.daemon.request('cache/verify', {}, options),
      });
      view.verified(result);
      const { checked, bad } = result;
      if (bad.length === 0)
        void vscode.window.showInformationMessage(t('Verified: {0}, all sound.', blobCount(checked)));
      else {
        const text = t('Damaged and set aside: {0}. Prefetch again what you need.', blobCount(bad.length));
        void vscode.window.showWarningMessage(text);
      }
    },
    [COMMANDS.collectCache]: async () => {
      const chosen = await pickCollection(app);
      if (chosen === undefined) return;
      const { bytes } = await withProgress({
        title: t('Collecting'),
        run: (options) => app.daemon.request('cache/gc', chosen, options),
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
        t('Exported {0}, {1}, as an OCI image layout to {2}', blobCount(blobs), formatBytes(bytes), directory),
      );
    },
  };
}

/** What may go, with what that would free; asked once more before it does. Undefined: nothing, or the user went away. */
async function pickCollection(app: App): Promise<ParamsOf<'cache/gc'> | undefined> {
  const choices: { label: string; detail: string; question: string; params: ParamsOf<'cache/gc'> }[] = [
    {
      ...{ label: t('What nobody used for 30 days'), params: {} },
      question: t('Remove from the store what nobody used for 30 days?'),
      detail: t('Or, where there is a quota, what is above it: the longest unused first.'),
    },
    {
      ...{ label: t('Everything but what is pinned or in use'), params: { maxBytes: 0 } },
      question: t('Remove from the store all that is neither pinned nor in use?'),
      detail: t('It has to be fetched again when it is needed. What was looked at within a day may stay.'),
    },
  ];
  const plans = await Promise.all(
    choices.map(async (choice) => ({
      ...choice,
      plan: await app.daemon.request('cache/gc', { ...choice.params, dryRun: true }),
    })),
  );
  const items = plans
    .filter(({ plan }) => plan.bytes > 0)
    .map((choice) => ({ ...choice, description: formatBytes(choice.plan.bytes) }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(t('There is nothing to collect: everything in the store is in use.'));
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: t('What may go from the store?') });
  if (chosen === undefined) return undefined;
  const { removed, bytes, kept } = chosen.plan;
  const go = t('Free {0}', formatBytes(bytes));
  const detail = t('{0} would go, {1} stay.', blobCount(removed), formatCount(kept));
  const answer = await vscode.window.showWarningMessage(chosen.question, { modal: true, detail }, go);
  return answer === go ? chosen.params : undefined;
}
