import * as vscode from 'vscode';
import type { Ends } from '../core/listeners.ts';
import { type EnvironmentRow, environmentRow, isSameRow } from '../core/environments/environment-row.ts';
import { isFiltering } from '../core/environments/filter.ts';
import { stateFacts } from '../core/environments/state-facts.ts';
import { packageMarkdown } from '../core/environments/package-text.ts';
import { type EnvironmentTarget, targetKey, targetsOf } from '../core/environments/target.ts';
import { childrenOf, type EnvironmentNode, type TreeNode, type TreeSettings } from '../core/environments/tree.ts';
import { t } from '../core/l10n.ts';
import { soon } from '../core/soon.ts';
import type { App } from './app.ts';
import { createBusyBar } from './busy-bar.ts';
import { environmentItem, plainItem } from './environment-items.ts';
import { CONTEXT, VIEWS } from './ids.ts';
import { settings } from './settings.ts';

/** Environments that are listed without having been opened: the first of each place, so that counts stand at a glance. */
const EAGER = 6;

/** Milliseconds in which changes are gathered: what the store knows and what near registries say is drawn in one go. */
const GATHER_MS = 60;

export interface EnvironmentsView extends Ends {
  readonly tree: vscode.TreeView<TreeNode>;
}

export function createEnvironmentsView(app: App): EnvironmentsView {
  const { model, view } = app;
  const changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  /** Environments as they were drawn last. */
  const drawn = new Map<string, { node: EnvironmentNode; row: EnvironmentRow }>();
  let drawnRoot: { found: App['model']['found']; error: unknown } | undefined;

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
        drawnRoot = { found: model.found, error: model.error };
        drawn.clear();
        if (model.status === 'failed') return [];
        loadEagerly();
      }
      if (node?.kind === 'environment') await firstListing(node.target);
      return childrenOf(node, model, treeSettings());
    },
    getTreeItem: (node) => {
      const item = node.kind === 'environment' ? draw(node) : plainItem(node);
      item.id = node.id;
      return item;
    },
    resolveTreeItem: (item, node) => {
      if (node.kind === 'package') {
        item.tooltip = new vscode.MarkdownString(packageMarkdown(node.entry), true);
      }
      return item;
    },
  };

  const draw = (node: EnvironmentNode): vscode.TreeItem => {
    const row = environmentRow(node, model.get(node.target));
    drawn.set(targetKey(node.target), { node, row });
    return environmentItem(node, row);
  };

  /** Draws anew what would look otherwise than it does. */
  const redraw = soon(() => {
    if (drawnRoot !== undefined && (drawnRoot.found !== model.found || drawnRoot.error !== model.error)) {
      changed.fire(undefined);
      return;
    }
    const nodes = [...drawn.values()]
      .filter(({ node, row }) => !isSameRow(row, environmentRow(node, model.get(node.target))))
      .map(({ node }) => node);
    if (nodes.length > 0) changed.fire(nodes);
  }, GATHER_MS);

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
    const states =
      count === 1 ? [...view.filter.states].map((state) => stateFacts(state).label()).join() : t('{0} states', count);
    const parts = [view.filter.name.trim(), count === 0 ? '' : states];
    tree.description = isFiltering(view.filter) ? parts.filter((part) => part !== '').join(', ') : '';
    void vscode.commands.executeCommand('setContext', CONTEXT.filtered, isFiltering(view.filter));
    void vscode.commands.executeCommand('setContext', CONTEXT.machine, view.showsMachine);
  };
  describeView();
  const busy = createBusyBar(model);
  let told: string | undefined;
  let toldError: string | undefined;
  const tellState = (): void => {
    // While it is looked at again, what was said before stays: a welcome must not flicker.
    if (model.status === told || (model.status === 'loading' && told !== undefined)) return;
    told = model.status;
    // The view says what can be done; why, it can't: what it shows where it is empty is the same every time.
    if (model.error !== undefined && model.error.message !== toldError) void app.showError(model.error);
    toldError = model.error?.message;
    void vscode.commands.executeCommand('setContext', CONTEXT.state, model.status);
  };

  const subscriptions = [
    ...[tree, changed, redraw, busy],
    model.onDidChange(() => {
      tellState();
      busy.update();
      redraw.call();
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
