import { isCancellation, toCondockError } from '@condock/protocol';
import * as vscode from 'vscode';
import { actionsFor, type ErrorAction, errorText } from '../core/error-actions.ts';
import { COMMANDS } from './ids.ts';

/** A failure as a message with its hint, and with buttons that help. Cancelling is no failure. */
export async function showError(
  error: unknown,
  options: { log: vscode.LogOutputChannel; retry?: (() => Promise<unknown>) | undefined },
): Promise<void> {
  if (isCancellation(error)) return;
  const failure = toCondockError(error);
  options.log.error(`${failure.code}: ${errorText(failure)}`);
  const actions = actionsFor(failure).filter(({ kind }) => kind !== 'retry' || options.retry !== undefined);
  const chosen = await vscode.window.showErrorMessage(errorText(failure), ...actions.map(({ title }) => title));
  const action = actions.find(({ title }) => title === chosen);
  if (action !== undefined) await act(action, options.retry);
}

async function act(action: ErrorAction, retry: (() => Promise<unknown>) | undefined): Promise<void> {
  switch (action.kind) {
    case 'sign-in':
      await vscode.commands.executeCommand(COMMANDS.signIn, action.host);
      break;
    case 'restart':
      await vscode.commands.executeCommand(COMMANDS.restartDaemon);
      break;
    case 'log':
      await vscode.commands.executeCommand(COMMANDS.showLog);
      break;
    case 'diagnose':
      await vscode.commands.executeCommand(COMMANDS.diagnose);
      break;
    case 'collect':
      await vscode.commands.executeCommand(COMMANDS.collectCache);
      break;
    case 'settings':
      await vscode.commands.executeCommand('workbench.action.openSettings', action.setting);
      break;
    case 'retry':
      await retry?.();
  }
}
