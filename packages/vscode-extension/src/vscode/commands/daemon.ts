import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { defaultPlaces } from '@condock/client';
import { type ErrorDocument, toCondockError } from '@condock/protocol';
import * as vscode from 'vscode';
import { type DiagnoseInput, diagnoseReport } from '../../core/diagnose/report.ts';
import { t } from '../../core/l10n.ts';
import type { App } from '../app.ts';
import { COMMANDS } from '../ids.ts';
import type { Reports } from '../reports.ts';

/** Lines of the log that a report carries. */
const LOG_LINES = 40;

export function daemonCommands(app: App, reports: Reports) {
  return {
    [COMMANDS.restartDaemon]: async () => {
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: t('Starting the Condock daemon') },
        () => app.daemon.restart(),
      );
      await app.refresh();
    },
    [COMMANDS.showLog]: async () => {
      const uri = vscode.Uri.file(await logPath(app));
      try {
        await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
      } catch {
        // No daemon ever wrote one; what the extension itself saw is all there is.
        app.log.show();
      }
    },
    [COMMANDS.diagnose]: async () => {
      const report = diagnoseReport(await collect(app));
      await reports.showSource(t('Condock diagnosis'), report);
      const copy = t('Copy');
      const text = t('This can be pasted in a bug report. It holds no secret.');
      if ((await vscode.window.showInformationMessage(text, copy)) === copy)
        await vscode.env.clipboard.writeText(report);
    },
  };
}

/** As the daemon says it; where none runs, where it would write. */
async function logPath(app: App): Promise<string> {
  const usual = join(defaultPlaces().logs, 'condockd.log');
  if (app.daemon.client.status !== 'connected') return usual;
  const { log } = await app.daemon.request('daemon/status', {});
  return log ?? usual;
}

async function collect(app: App): Promise<DiagnoseInput> {
  const orFailure = <T>(work: Promise<T>): Promise<T | ErrorDocument> =>
    work.catch((error: unknown) => toCondockError(error).toJSON());
  const { daemon, context } = app;
  const command = await orFailure(daemon.command().then(({ command: program, args }) => [program, ...args].join(' ')));
  const status = await orFailure(daemon.request('daemon/status', {}));
  const [cache, sessions] = await Promise.all([
    orFailure(daemon.request('cache/status', {})),
    orFailure(daemon.request('session/list', {})),
  ]);
  const log = await readFile(await logPath(app).catch(() => ''), 'utf8').catch(() => '');
  return {
    extension: {
      version: (context.extension.packageJSON as { version: string }).version,
      editor: `${vscode.env.appName} ${vscode.version}`,
      remote: vscode.env.remoteName,
      ui: vscode.env.uiKind === vscode.UIKind.Web ? 'web' : 'desktop',
      trusted: vscode.workspace.isTrusted,
    },
    system: { platform: process.platform, arch: process.arch, node: process.versions.node },
    ...{ daemonCommand: command, daemon: status, cache, sessions, home: homedir() },
    environments: app.model.loaded().map(([{ path }, { summary }]) => ({
      kind: app.model.found.find((found) => found.path === path)?.kind ?? 'unknown',
      packages: summary.total,
      states: Object.fromEntries(summary.states),
    })),
    log: log.trimEnd().split('\n').slice(-LOG_LINES),
  };
}
