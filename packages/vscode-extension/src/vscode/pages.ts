import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Ends } from '../core/listeners.ts';
import type { SafeHtml } from '../core/html.ts';
import { renderDocument } from '../core/page/document.ts';

export interface PagePanel extends Ends {
  readonly panel: vscode.WebviewPanel;
  show(title: string, body: SafeHtml): void;
}

/** What a page's script may ask. It shows what strangers wrote, so nothing it says is taken on trust. */
export type PageMessage =
  | { type: 'copy'; text: string }
  | { type: 'open'; name: string }
  | { type: 'dependents' }
  | { type: 'children'; path: string; level: number };

export interface PageOptions {
  /** What kind of page it is, to the editor. */
  viewType: string;
  extensionUri: vscode.Uri;
  onMessage: (message: PageMessage) => void;
}

/** A page beside the editors, under a strict policy: our style sheet, our script, nothing else. */
export function createPagePanel({ viewType, extensionUri, onMessage }: PageOptions): PagePanel {
  const roots = [vscode.Uri.joinPath(extensionUri, 'dist'), vscode.Uri.joinPath(extensionUri, 'media')];
  const panel = vscode.window.createWebviewPanel(
    viewType,
    'Condock',
    { viewColumn: vscode.ViewColumn.Active, preserveFocus: true },
    { enableScripts: true, localResourceRoots: roots, enableCommandUris: false, enableFindWidget: true },
  );
  const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', `package-${theme}.svg`);
  panel.iconPath = { light: icon('light'), dark: icon('dark') };
  panel.webview.onDidReceiveMessage((message: unknown) => {
    const known = readMessage(message);
    if (known !== undefined) onMessage(known);
  });
  const uri = (...path: string[]): string =>
    panel.webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, ...path)).toString();
  return {
    panel,
    show: (title, body) => {
      panel.title = title;
      panel.webview.html = renderDocument({
        ...{ title, body, language: vscode.env.language, cspSource: panel.webview.cspSource },
        nonce: randomBytes(16).toString('hex'),
        styleUri: uri('media', 'page.css'),
        scriptUri: uri('dist', 'page.js'),
      });
    },
    dispose: () => {
      panel.dispose();
    },
  };
}

function readMessage(message: unknown): PageMessage | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, text, name, path, level } = message as Record<string, unknown>;
  if (type === 'copy' && typeof text === 'string') return { type, text };
  if (type === 'open' && typeof name === 'string') return { type, name };
  if (type === 'children' && typeof path === 'string' && typeof level === 'number') return { type, path, level };
  return type === 'dependents' ? { type } : undefined;
}
