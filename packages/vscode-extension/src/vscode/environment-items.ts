import * as vscode from 'vscode';
import type { EnvironmentRow } from '../core/environments/environment-row.ts';
import { escapeMarkdown, packageDescription, packageSpoken } from '../core/environments/package-text.ts';
import { stateFacts } from '../core/environments/state-facts.ts';
import { type EnvironmentNode, kindLabel, type PackageNode, type TreeNode } from '../core/environments/tree.ts';
import { formatCount } from '../core/format.ts';
import { stateUri } from './decorations.ts';
import { COMMANDS } from './ids.ts';
import { spoken } from './spoken.ts';

const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

const color = (id: string | undefined): vscode.ThemeColor | undefined =>
  id === undefined ? undefined : new vscode.ThemeColor(id);

/** Rows but those of environments. */
export function plainItem(node: Exclude<TreeNode, EnvironmentNode>): vscode.TreeItem {
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
      item.iconPath = new vscode.ThemeIcon(node.found.kind === 'specs' ? 'checklist' : 'folder-library');
      item.contextValue = `found.${node.found.kind}`;
      return spoken(item);
    }
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
      item.iconPath = new vscode.ThemeIcon(
        node.severity,
        node.severity === 'info' ? undefined : color(`list.${node.severity}Foreground`),
      );
      item.tooltip = [node.text, node.hint].filter((part) => part !== undefined).join('\n');
      return item;
    }
  }
}

export function environmentItem(node: EnvironmentNode, row: EnvironmentRow): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, Collapsed);
  item.iconPath = new vscode.ThemeIcon(row.icon);
  item.contextValue = `environment.${node.found.kind}`;
  item.description = row.description;
  const states = [...(row.summary?.states ?? [])].map(
    ([state, count]) => `- ${stateFacts(state).label()}: ${formatCount(count)}`,
  );
  item.tooltip = new vscode.MarkdownString(
    [
      `**${escapeMarkdown(node.label)}** — ${kindLabel(node.found.kind)}`,
      `\`${node.found.path.replaceAll('`', ' ')}\``,
      ...states,
    ].join('\n\n'),
  );
  return item;
}

function packageItem({ entry, target }: PackageNode): vscode.TreeItem {
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
