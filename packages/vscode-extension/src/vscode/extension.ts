// Where the parts are chosen and joined.
import { showEnvironment } from '@condock/client';
import { discoveryVariables } from '@condock/protocol';
import * as vscode from 'vscode';
import { createEnvironmentsModel, type EnvironmentSource } from '../core/environments/environments-model.ts';
import { NO_FILTER } from '../core/environments/filter.ts';
import { machineSubdir, targetParams } from '../core/environments/target.ts';
import { useTranslations } from '../core/l10n.ts';
import { createListeners, type Ends } from '../core/listeners.ts';
import type { App, ViewState } from './app.ts';
import { createCacheView } from './cache-view.ts';
import { cacheCommands } from './commands/cache.ts';
import { compareCommands } from './commands/compare.ts';
import { daemonCommands } from './commands/daemon.ts';
import { packageCommands } from './commands/packages.ts';
import { prefetchCommands } from './commands/prefetch.ts';
import { publishCommands } from './commands/publish.ts';
import { sessionCommands } from './commands/sessions.ts';
import { viewCommands } from './commands/view.ts';
import { createDaemon, type Daemon } from './daemon.ts';
import { registerDecorations } from './decorations.ts';
import { registerDocuments } from './documents.ts';
import { createEnvironmentsView } from './environments-view.ts';
import { COMMANDS } from './ids.ts';
import { createPackagePanel } from './package-panel.ts';
import { createRegistriesView } from './registries-view.ts';
import { createReports } from './reports.ts';
import { settings } from './settings.ts';
import { showError } from './show-error.ts';
import { createStatusBar } from './status-bar.ts';

/** Files whose coming and going changes what there is to list. */
const PLACES = '**/{pixi.lock,pixi.toml,conda-lock.yml,*conda-lock*.yml,*explicit*.txt,environment.yml}';

/** Called by the editor. Starts nothing: the daemon comes with the first view that is seen or command that is run. */
export function activate(context: vscode.ExtensionContext): void {
  useTranslations((message, ...args) => vscode.l10n.t(message, ...args));
  const log = vscode.window.createOutputChannel('Condock', { log: true });
  const daemon = createDaemon({
    script: vscode.Uri.joinPath(context.extensionUri, 'dist', 'daemon', 'condockd.js').fsPath,
    version: (context.extension.packageJSON as { version: string }).version,
    ...{ nodePath: settings.nodePath, log },
  });
  const app = createApp(context, daemon, log);
  const reports = createReports();
  const registries = createRegistriesView(app);
  const cache = createCacheView(app);
  context.subscriptions.push(
    ...[log, daemon, reports, registries, cache, registerDecorations(), registerDocuments(app)],
    ...[createEnvironmentsView(app), createStatusBar(app)],
    ...registerCommands(app, {
      ...viewCommands(app),
      ...prefetchCommands(app, reports),
      ...packageCommands(app),
      ...compareCommands(app, reports),
      ...publishCommands(app),
      ...sessionCommands(app),
      ...cacheCommands(app, cache),
      ...daemonCommands(app, reports),
      [COMMANDS.refreshRegistries]: () => {
        registries.refresh();
      },
    }),
    ...followChanges(app, { registries, cache }),
  );
}

function createApp(context: vscode.ExtensionContext, daemon: Daemon, log: vscode.LogOutputChannel): App {
  const source: EnvironmentSource = {
    discover: ({ folders, machine }) =>
      daemon.request('env/discover', {
        folders: [...folders],
        machine,
        variables: discoveryVariables(process.env),
      }),
    show: async (target, { check, signal }) => {
      return await showEnvironment(daemon.client, { ...targetParams(target), check }, { signal });
    },
    watch: async (path) => {
      await daemon.request('env/watch', { path });
    },
  };
  const model = createEnvironmentsModel(source, {
    mayCheck: () => vscode.workspace.isTrusted && settings.askRegistries(),
  });
  const view = createViewState(context);
  const show = async (error: unknown, retry?: () => Promise<unknown>): Promise<void> => {
    await showError(error, { log, retry });
  };
  const panel = createPackagePanel({ context, daemon, model, showError: show });
  context.subscriptions.push(panel);
  return {
    ...{ context, daemon, model, log, view, here: machineSubdir(process.platform, process.arch) },
    showError: show,
    openPackage: panel.open,
    refresh: async () => {
      const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
      await model.discover({ folders: folders.map(({ uri }) => uri.fsPath), machine: view.showsMachine });
      await model.reload();
    },
  };
}

const MACHINE = 'condock.showsMachine';

function createViewState(context: vscode.ExtensionContext): ViewState {
  const changes = createListeners<undefined>();
  const state: ViewState = {
    filter: NO_FILTER,
    showsMachine: context.globalState.get<boolean>(MACHINE) ?? false,
    onDidChange: changes.add,
    set: ({ filter = state.filter, showsMachine = state.showsMachine }) => {
      Object.assign(state, { filter, showsMachine });
      void context.globalState.update(MACHINE, showsMachine);
      changes.tell(undefined);
    },
  };
  return state;
}

type Handler = (...args: unknown[]) => unknown;

/** Commands never fail in silence, nor with a stack. */
function registerCommands(app: App, handlers: Record<string, Handler>): vscode.Disposable[] {
  return Object.entries(handlers).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        await handler(...args);
      } catch (error) {
        void app.showError(error, async () => vscode.commands.executeCommand(id, ...args));
      }
    }),
  );
}

/** Everything that makes a view look again. */
function followChanges(app: App, views: { registries: { refresh(): void }; cache: { refresh(): void } }): Ends[] {
  const { daemon, model } = app;
  const again = (): void => {
    if (daemon.engaged) void app.refresh();
  };
  const reload = (path?: string): void => void model.reload(path);
  daemon.on('env/didChange', ({ path }) => reload(path));
  daemon.on('cache/didChange', () => {
    views.cache.refresh();
    void model.follow();
  });
  daemon.on('session/didChange', () => {
    views.registries.refresh();
    reload();
  });
  daemon.on('channel/didChange', () => {
    views.registries.refresh();
    reload();
  });
  const watcher = vscode.workspace.createFileSystemWatcher(PLACES, false, true, false);
  return [
    watcher,
    watcher.onDidCreate(again),
    watcher.onDidDelete(again),
    daemon.onReturned(() => {
      again();
      views.registries.refresh();
      views.cache.refresh();
    }),
    daemon.onLost(() => {
      // Found again, or started again, at once: what is shown was the old one's.
      daemon.request('daemon/ping', {}).catch((error: unknown) => app.showError(error));
    }),
    model.onDidChange((target) => {
      if (target !== undefined && model.get(target)?.status === 'complete') views.cache.refresh();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(again),
    vscode.workspace.onDidGrantWorkspaceTrust(again),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('condock.askRegistries')) again();
    }),
  ];
}
