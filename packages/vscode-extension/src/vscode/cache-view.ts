import { toCondockError, type ResultOf } from '@condock/protocol';
import * as vscode from 'vscode';
import type { Ends } from '../core/listeners.ts';
import { blobCount } from '../core/counts.ts';
import { formatBytes, formatCount } from '../core/format.ts';
import type { App } from './app.ts';
import { CONTEXT, VIEWS } from './ids.ts';
import { spoken } from './spoken.ts';

interface Row {
  label: string;
  description: string;
  icon: string;
  warning?: boolean;
  tooltip?: string;
}

export interface CacheView extends Ends {
  refresh(): void;
  /** What the last verification found, shown until the next. */
  verified(result: ResultOf<'cache/verify'>): void;
}

/** The store: where it is, how full, and whether it is sound. */
export function createCacheView(app: App): CacheView {
  const changed = new vscode.EventEmitter<Row | undefined>();
  const verification: { result?: ResultOf<'cache/verify'> } = {};
  const setState = (state: 'ready' | 'failed'): void =>
    void vscode.commands.executeCommand('setContext', CONTEXT.cache, state);

  const rows = async (): Promise<Row[]> => {
    try {
      const status = await app.daemon.request('cache/status', {});
      setState('ready');
      return describeCache(status, verification.result);
    } catch (error) {
      setState('failed');
      app.log.error(toCondockError(error).message);
      return [];
    }
  };
  const tree = vscode.window.createTreeView<Row>(VIEWS.cache, {
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getChildren: async (row) => (row === undefined ? await rows() : []),
      getTreeItem: ({ label, description, icon, warning, tooltip }) => {
        const item = new vscode.TreeItem(label);
        item.description = description;
        item.iconPath = new vscode.ThemeIcon(
          icon,
          warning === true ? new vscode.ThemeColor('list.warningForeground') : undefined,
        );
        item.tooltip = tooltip ?? `${label}: ${description}`;
        return spoken(item);
      },
    },
  });
  const refresh = (): void => changed.fire(undefined);
  return {
    refresh,
    verified: (result) => {
      verification.result = result;
      refresh();
    },
    dispose: () => {
      vscode.Disposable.from(tree, changed).dispose();
    },
  };
}

function describeCache(
  { path, blobs, bytes, quota, partial, pinned }: ResultOf<'cache/status'>,
  verification: ResultOf<'cache/verify'> | undefined,
): Row[] {
  const { t } = vscode.l10n;
  const isTight = quota !== null && bytes > quota * 0.9;
  const share = quota === null || quota === 0 ? '' : ` (${Math.round((bytes * 100) / quota)} %)`;
  return [
    {
      ...{ label: t('On disk'), icon: 'database', warning: isTight },
      description: t('{0} in {1}', formatBytes(bytes), blobCount(blobs)),
    },
    {
      ...{ label: t('Quota'), icon: 'dashboard', warning: isTight },
      description: quota === null ? t('none') : `${formatBytes(quota)}${share}`,
    },
    ...(partial === 0
      ? []
      : [
          {
            ...{ label: t('Unfinished'), icon: 'sync', description: formatCount(partial) },
            tooltip: t(
              'Downloads that were not finished. They go on where they stopped when they are asked for again.',
            ),
          },
        ]),
    ...(pinned === 0 ? [] : [{ label: t('Pinned'), icon: 'pinned', description: formatCount(pinned) }]),
    ...(verification === undefined ? [] : [verifiedRow(verification)]),
    { label: t('Place'), icon: 'folder-opened', description: path },
  ];
}

function verifiedRow({ checked, bad }: ResultOf<'cache/verify'>): Row {
  const { t } = vscode.l10n;
  return bad.length === 0
    ? { label: t('Verified'), icon: 'verified', description: t('{0}, all sound', blobCount(checked)) }
    : {
        ...{ label: t('Verified'), icon: 'warning', warning: true },
        description: t('{0} of {1} damaged and set aside', formatCount(bad.length), blobCount(checked)),
        tooltip: bad.map(({ digest, reason }) => `${digest}: ${reason}`).join('\n'),
      };
}
