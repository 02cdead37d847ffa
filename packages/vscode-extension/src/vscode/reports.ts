import * as vscode from 'vscode';
import type { Ends } from '../core/listeners.ts';

const SCHEME = 'condock-report';

/** Read-only Markdown that the extension makes; shown rendered. */
export interface Reports extends Ends {
  show(name: string, markdown: string): Promise<void>;
  /** As text, to be copied. */
  showSource(name: string, markdown: string): Promise<void>;
}

export function createReports(): Reports {
  const contents = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => contents.get(uri.path) ?? '',
  });
  const put = (name: string, markdown: string): vscode.Uri => {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md` });
    contents.set(uri.path, markdown);
    changed.fire(uri);
    return uri;
  };
  return {
    show: async (name, markdown) => {
      await vscode.commands.executeCommand('markdown.showPreview', put(name, markdown));
    },
    showSource: async (name, markdown) => {
      const document = await vscode.workspace.openTextDocument(put(name, markdown));
      await vscode.window.showTextDocument(document, { preview: true });
    },
    dispose: () => {
      vscode.Disposable.from(registration, changed).dispose();
    },
  };
}
