import type { EnvironmentPackage, PackageState } from '@condock/protocol';
import * as vscode from 'vscode';
import { stateFacts } from '../core/environments/state-facts.ts';

const SCHEME = 'condock-state';

/** Stands for a package's state where the editor asks how to decorate a row. */
export const stateUri = ({ state, name }: Pick<EnvironmentPackage, 'state' | 'name'>): vscode.Uri =>
  vscode.Uri.from({ scheme: SCHEME, authority: state, path: `/${name}` });

/** The letter and the colour at the end of a row that somebody has to do something about. */
export function registerDecorations(): vscode.Disposable {
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration: (uri) => {
      if (uri.scheme !== SCHEME) return undefined;
      const facts = stateFacts(uri.authority as PackageState);
      const color = facts.color === undefined ? undefined : new vscode.ThemeColor(facts.color);
      return new vscode.FileDecoration(facts.badge, facts.label(), color);
    },
  });
}
