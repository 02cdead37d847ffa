import { toCondockError, type ResultOf, type SessionDocument } from '@condock/protocol';
import * as vscode from 'vscode';
import type { Ends } from '../core/listeners.ts';
import { errorText } from '../core/error-actions.ts';
import { packageCount } from '../core/counts.ts';
import { formatExpiry } from '../core/format.ts';
import type { App } from './app.ts';
import { CONTEXT, VIEWS } from './ids.ts';
import { publishedHere } from './published-here.ts';
import { settings } from './settings.ts';
import { spoken } from './spoken.ts';

export type RegistryNode =
  | { kind: 'section'; label: string; children: RegistryNode[] }
  | { kind: 'session'; session: SessionDocument }
  | { kind: 'scope'; scope: string; expiresAt: string | null }
  | { kind: 'channel'; channel: string }
  | { kind: 'subdir'; channel: string; subdir: ResultOf<'channel/index'>['subdirs'][number] }
  | { kind: 'published'; reference: string }
  | { kind: 'message'; text: string; hint?: string | undefined };

/** Who is signed in where, by what and until when; and the channels that the user works with. */
export function createRegistriesView(app: App): Ends & { refresh(): void } {
  const changed = new vscode.EventEmitter<RegistryNode | undefined>();
  const setState = (state: 'ready' | 'failed'): void =>
    void vscode.commands.executeCommand('setContext', CONTEXT.registries, state);

  const roots = async (): Promise<RegistryNode[]> => {
    const known = new Set([...settings.channels(), ...publishedHere(app.context).channels()]);
    const channels = [...known].map((channel) => ({ kind: 'channel' as const, channel }));
    try {
      const { sessions, warnings } = await app.daemon.request('session/list', {});
      setState('ready');
      const rows: RegistryNode[] = [
        ...sessions.map((session) => ({ kind: 'session' as const, session })),
        ...warnings.map((text) => ({ kind: 'message' as const, text })),
      ];
      const section = (label: string, children: RegistryNode[]): RegistryNode[] =>
        children.length === 0 ? [] : [{ kind: 'section', label, children }];
      return [...section(vscode.l10n.t('Sessions'), rows), ...section(vscode.l10n.t('My channels'), channels)];
    } catch (error) {
      setState('failed');
      app.log.error(toCondockError(error).message);
      return [];
    }
  };

  const insideChannel = async (channel: string): Promise<RegistryNode[]> => {
    const published = publishedHere(app.context)
      .list(channel)
      .map((reference) => ({ kind: 'published' as const, reference }));
    try {
      // A rebuild that changes nothing counts what the channel holds.
      const { subdirs, warnings } = await app.daemon.request('channel/index', { channel, dryRun: true });
      const rows = subdirs.map((subdir) => ({ kind: 'subdir' as const, channel, subdir }));
      const notes = warnings.map((text) => ({ kind: 'message' as const, text }));
      const none = rows.length + published.length === 0;
      return [
        ...rows,
        ...published,
        ...notes,
        ...(none ? [{ kind: 'message' as const, text: vscode.l10n.t('Nothing is published there yet.') }] : []),
      ];
    } catch (error) {
      const { message, hint } = toCondockError(error);
      return [...published, { kind: 'message', text: message, hint }];
    }
  };

  const provider: vscode.TreeDataProvider<RegistryNode> = {
    onDidChangeTreeData: changed.event,
    getChildren: async (node) => {
      if (node === undefined) return await roots();
      if (node.kind === 'section') return node.children;
      if (node.kind === 'session') return node.session.scopes.map((scope) => ({ kind: 'scope', ...scope }));
      return node.kind === 'channel' ? await insideChannel(node.channel) : [];
    },
    getTreeItem: (node) => (node.kind === 'message' ? registryItem(node) : spoken(registryItem(node))),
  };
  const tree = vscode.window.createTreeView(VIEWS.registries, { treeDataProvider: provider });
  const refresh = (): void => changed.fire(undefined);
  const configuration = vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('condock.channels')) refresh();
  });
  return {
    refresh,
    dispose: () => {
      vscode.Disposable.from(tree, changed, configuration).dispose();
    },
  };
}

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

function registryItem(node: RegistryNode): vscode.TreeItem {
  switch (node.kind) {
    case 'section':
      return new vscode.TreeItem(node.label, Expanded);
    case 'session':
      return sessionItem(node.session);
    case 'scope': {
      const item = new vscode.TreeItem(node.scope, None);
      item.description = node.expiresAt === null ? '' : formatExpiry(node.expiresAt, Date.now());
      item.iconPath = new vscode.ThemeIcon('key');
      return item;
    }
    case 'channel': {
      const item = new vscode.TreeItem(node.channel.replace(/^oci:\/\//, ''), Collapsed);
      item.iconPath = new vscode.ThemeIcon('server-environment');
      item.contextValue = 'channel';
      item.tooltip = node.channel;
      return item;
    }
    case 'subdir': {
      const { subdir, packages } = node.subdir;
      const item = new vscode.TreeItem(subdir, None);
      item.description = packageCount(packages);
      item.iconPath = new vscode.ThemeIcon('package');
      return item;
    }
    case 'published': {
      const item = new vscode.TreeItem(node.reference.split('/').at(-1) ?? node.reference, None);
      item.description = vscode.l10n.t('published here');
      item.tooltip = node.reference;
      item.iconPath = new vscode.ThemeIcon('cloud-upload');
      item.contextValue = 'published';
      return item;
    }
    case 'message': {
      const item = new vscode.TreeItem(node.text, None);
      item.tooltip = errorText({ message: node.text, hint: node.hint });
      item.iconPath = new vscode.ThemeIcon('info');
      return item;
    }
  }
}

function sessionItem(session: SessionDocument): vscode.TreeItem {
  const { host, namespace, username, source, scopes, lastError } = session;
  const item = new vscode.TreeItem(
    namespace === null ? host : `${host}/${namespace}`,
    scopes.length === 0 ? None : Collapsed,
  );
  item.description = [username, source].filter((part) => part !== null).join(' · ');
  item.iconPath =
    lastError === null
      ? new vscode.ThemeIcon(session.kind === 'anonymous' ? 'globe' : 'account')
      : new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.tooltip = [`${host}: ${session.kind}`, source, lastError].filter((part) => part !== null).join('\n');
  item.contextValue = session.kind === 'anonymous' ? 'session.anonymous' : 'session';
  return item;
}
