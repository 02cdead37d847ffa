import { CondockError } from '@condock/protocol';
import * as vscode from 'vscode';
import { t } from '../core/l10n.ts';

/**
 * Throws `usage` in a folder that is not trusted: what its files say must not choose whom this machine talks to. Menus are off
 * there, but rows, lenses and other extensions run commands without asking menus.
 */
export function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new CondockError('usage', t('This folder is not trusted, so no registry is asked on its behalf.'), {
    hint: t('Trust it ("Workspaces: Manage Workspace Trust"), then try again.'),
  });
}
