import * as vscode from 'vscode';
import type { Ends } from '../core/listeners.ts';
import { describeSummary } from '../core/environments/summary.ts';
import { isFiltering } from '../core/environments/filter.ts';
import { packageDescription, packageMarkdown, packageSpoken } from '../core/environments/package-text.ts';
import { stateFacts } from '../core/environments/state-facts.ts';
import { type EnvironmentTarget, targetKey, targetsOf } from '../core/environments/target.ts';
import {
  childrenOf,
  type EnvironmentNode,
  kindLabel,
  type TreeNode,
  type TreeSettings,
} from '../core/environments/tree.ts';
import { formatCount } from '../core/format.ts';
import type { App } from './app.ts';
import { stateUri } from './decorations.ts';
import { COMMANDS, CONTEXT, VIEWS } from './ids.ts';
import { settings } from './settings.ts';

/** Environments that are listed without having been opened: the first of each place, so that counts stand at a glance. */
const EAGER = 6;

export interface EnvironmentsView extends Ends {
  readonly tree: vscode.TreeView<TreeNode>;
}

export function createEnvironmentsView(app: App): EnvironmentsView {
  const { model, view } = app;
  const changed = new vscode.EventEmitter<TreeNode | undefined>();
  const rows = new Map<string, EnvironmentNode>();

  const treeSettings = (): TreeSettings => ({
    folders: (vscode.workspace.workspaceFolders ?? []).map(({ name, uri }) => ({ name, path: uri.fsPath })),
    filter: view.filter,
    grouping: settings.grouping(),
    here: app.here,
  });

  const provider: vscode.TreeDataProvider<TreeNode> = {
    onDidChangeTreeData: changed.event,
    getChildren: async (node) => {
      if (node === undefined) {
        if (model.status === 'idle') await app.refresh();
        if (model.status === 'failed') return [];
        loadEagerly();
      }
      if (node?.kind === 'environment') await firstListing(node.target);
      const children = childrenOf(node, model, treeSettings());
      for (const child of children) if (child.kind === 'environment') rows.set(targetKey(child.target), child);
      return children;
    },
    getTreeItem: (node) => treeItem(node, app),
    resolveTreeItem: (item, node) => {
      if (node.kind === 'package') {
        item.tooltip = new vscode.MarkdownString(packageMarkdown(node.entry), true);
      }
      return item;
    },
  };

  /** Resolves as soon as there is something to show, though registries are still asked. */
  const firstListing = async (target: EnvironmentTarget): Promise<void> => {
    const work = model.load(target);
    if ((model.get(target)?.packages.length ?? 0) > 0) return;
    await new Promise<void>((resolve) => {
      const listening = model.onDidChange((change) => {
        if (change !== undefined && targetKey(change) === targetKey(target) && model.get(target)?.status !== 'loading')
          done();
      });
      const done = (): void => {
        listening.dispose();
        resolve();
      };
      void work.then(done);
    });
  };

  const loadEagerly = (): void => {
    const folders = treeSettings().folders.map(({ path }) => path);
    const first = model.found
      .filter(({ path }) => folders.some((folder) => path.startsWith(folder)))
      .flatMap((found) => targetsOf(found, app.here).slice(0, 1));
    for (const target of first.slice(0, EAGER)) void model.load(target);
  };

  const tree = vscode.window.createTreeView(VIEWS.environments, {
    treeDataProvider: provider,
    canSelectMany: true,
    showCollapseAll: true,
  });
  const describeView = (): void => {
    const count = view.filter.states.size;
    const parts = [view.filter.name.trim(), count === 0 ? '' : vscode.l10n.t('{0} states', count)];
    tree.description = isFiltering(view.filter) ? parts.filter((part) => part !== '').join(', ') : '';
    void vscode.commands.executeCommand('setContext', CONTEXT.filtered, isFiltering(view.filter));
    void vscode.commands.executeCommand('setContext', CONTEXT.machine, view.showsMachine);
  };
  describeView();

  const subscriptions = [
    tree,
    changed,
    model.onDidChange((target) => {
      void vscode.commands.executeCommand('setContext', CONTEXT.state, model.status);
      changed.fire(target === undefined ? undefined : rows.get(targetKey(target)));
    }),
    view.onDidChange(() => {
      describeView();
      changed.fire(undefined);
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('condock.environments')) changed.fire(undefined);
    }),
  ];
  return {
    tree,
    dispose: () => {
      vscode.Disposable.from(...subscriptions).dispose();
    },
  };
}

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

const color = (id: string | undefined): vscode.ThemeColor | undefined =>
  id === undefined ? undefined : new vscode.ThemeColor(id);

function treeItem(node: TreeNode, app: App): vscode.TreeItem {
  const item = bareItem(node, app);
  item.id = node.id;
  return item;
}

function bareItem(node: TreeNode, app: App): vscode.TreeItem {
  switch (node.kind) {
    case 'folder': {
      const item = new vscode.TreeItem(node.label, node.path === undefined ? Collapsed : Expanded);
      item.iconPath = new vscode.ThemeIcon(node.path === undefined ? 'device-desktop' : 'root-folder');
      return item;
    }
    case 'found': {
      const item = new vscode.TreeItem(node.label, node.found.kind === 'specs' ? Collapsed : Expanded);
      item.description = kindLabel(node.found.kind);
      item.tooltip = node.found.path;
      item.iconPath = new vscode.ThemeIcon(node.found.kind === 'specs' ? 'file' : 'folder-library');
      item.contextValue = `found.${node.found.kind}`;
      return item;
    }
    case 'environment':
      return environmentItem(node, app);
    case 'group': {
      const item = new vscode.TreeItem(node.group.label, Collapsed);
      item.description = formatCount(node.group.packages.length);
      if (node.group.icon !== undefined) {
        item.iconPath = new vscode.ThemeIcon(node.group.icon, color(node.group.color));
      }
      item.contextValue = 'group';
      return item;
    }
    case 'package':
      return packageItem(node);
    case 'message': {
      const item = new vscode.TreeItem(node.text, None);
      const icon = node.severity === 'info' ? 'info' : node.severity;
      item.iconPath = new vscode.ThemeIcon(
        icon,
        node.severity === 'info' ? undefined : color(`list.${icon}Foreground`),
      );
      item.tooltip = [node.text, node.hint].filter((part) => part !== undefined).join('\n');
      return item;
    }
  }
}

function environmentItem(node: EnvironmentNode, app: App): vscode.TreeItem {
  const loaded = app.model.get(node.target);
  const item = new vscode.TreeItem(node.label, Collapsed);
  const isBusy = loaded?.status === 'loading' || loaded?.status === 'listed';
  item.iconPath = new vscode.ThemeIcon(
    isBusy ? 'loading~spin' : loaded?.status === 'failed' ? 'error' : 'symbol-namespace',
  );
  item.contextValue = `environment.${node.found.kind}`;
  const isKnown = loaded !== undefined && (loaded.packages.length > 0 || loaded.status === 'complete');
  item.description = isKnown ? describeSummary(loaded.summary) : (loaded?.error?.message ?? kindLabel(node.found.kind));
  item.tooltip = new vscode.MarkdownString(
    [
      `**${node.label}** — ${kindLabel(node.found.kind)}`,
      `\`${node.found.path.replaceAll('`', ' ')}\``,
      ...(isKnown
        ? [...loaded.summary.states].map(([state, n]) => `- ${stateFacts(state).label()}: ${formatCount(n)}`)
        : []),
    ].join('\n\n'),
  );
  return item;
}

function packageItem({ entry, target }: Extract<TreeNode, { kind: 'package' }>): vscode.TreeItem {
  const facts = stateFacts(entry.state);
  const item = new vscode.TreeItem(entry.name, None);
  item.description = packageDescription(entry);
  item.iconPath = new vscode.ThemeIcon(facts.icon, color(facts.color));
  item.accessibilityInformation = { label: packageSpoken(entry) };
  const place = entry.reference ?? entry.url;
  item.contextValue = `package.${entry.state}.${entry.reference === null ? 'unnamed' : 'named'}`;
  if (facts.badge !== undefined) item.resourceUri = stateUri(entry);
  if (place !== null && entry.kind === 'conda') {
    item.command = {
      command: COMMANDS.openPackage,
      title: vscode.l10n.t('Look Inside'),
      arguments: [{ kind: 'package', id: '', entry, target }],
    };
  }
  return item;
}
