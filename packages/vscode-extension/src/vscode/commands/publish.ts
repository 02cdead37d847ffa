import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CondockError, type ParamsOf } from '@condock/protocol';
import * as vscode from 'vscode';
import { formatBytes } from '../../core/format.ts';
import { t } from '../../core/l10n.ts';
import { channelProblem } from '../../core/publish/channel-target.ts';
import { describePlan, outcomeOf, type PublishedFile } from '../../core/publish/describe-plan.ts';
import { findBuilds } from '../../core/publish/find-builds.ts';
import type { App } from '../app.ts';
import { COMMANDS } from '../ids.ts';
import { publishedHere } from '../published-here.ts';
import { settings } from '../settings.ts';
import { requireTrust } from '../trust.ts';
import { withProgress } from '../with-progress.ts';

export function publishCommands(app: App) {
  const publish = async (files: readonly string[]): Promise<void> => {
    requireTrust();
    const to = files.length === 0 ? undefined : await pickChannel(app);
    const layout = to === undefined ? undefined : await pickLayout();
    if (to === undefined || layout === undefined) return;
    const params: ParamsOf<'publish/run'> = { files: [...files], to, layout };
    try {
      if (!(await isConfirmed(app, params))) return;
      const result = await withProgress({
        title: t('Publishing to {0}', to),
        run: (options) => app.daemon.request('publish/run', params, options),
      });
      await tell(app, to, result);
    } catch (error) {
      void app.showError(error, () => publish(files));
    }
  };

  return {
    [COMMANDS.publish]: async () => {
      await publish(await pickBuilds());
    },
    /** From the explorer: the file that was clicked, or all that are selected. */
    [COMMANDS.publishFile]: async (uri: unknown, selected: unknown) => {
      const all: unknown[] = Array.isArray(selected) && selected.length > 0 ? selected : [uri];
      const files = all.filter((one) => one instanceof vscode.Uri).map((one) => one.fsPath);
      const archives = files.filter((file) => /\.(?:conda|tar\.bz2)$/.test(file));
      if (archives.length === 0) {
        throw new CondockError('usage', t('No .conda or .tar.bz2 archive was chosen.'), {
          hint: t('Choose one in the explorer, or run "Condock: Publish a Build…".'),
        });
      }
      await publish(archives);
    },
  };
}

interface BuildItem extends vscode.QuickPickItem {
  /** Empty: other files are wanted. */
  path: string;
}

async function pickBuilds(): Promise<string[]> {
  const folders = [
    ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
    ...[process.env.CONDA_BLD_PATH, join(homedir(), 'conda-bld')].filter((path) => path !== undefined),
  ];
  const parts = { readdir: (path: string) => readdir(path, { withFileTypes: true }), stat };
  const items = findBuilds(folders, parts).then((builds) =>
    builds.map(({ path, fileName, tool, modified, bytes }, at): BuildItem => ({
      ...{ label: fileName, path, picked: at === 0 },
      description: [tool, formatBytes(bytes), new Date(modified).toLocaleString()].filter(Boolean).join(' · '),
      detail: vscode.workspace.asRelativePath(path),
    })),
  );
  const elsewhere: BuildItem = {
    label: t('Choose files…'),
    path: '',
    picked: false,
    description: '',
    detail: '',
    alwaysShow: true,
  };
  const chosen = await vscode.window.showQuickPick<BuildItem>(
    items.then((list) => [...list, elsewhere]),
    { canPickMany: true, placeHolder: t('Builds to publish'), matchOnDescription: true, title: t('Publish (1/3)') },
  );
  const paths = (chosen ?? []).map(({ path }) => path);
  if (!paths.includes('')) return paths;
  const filters = { [t('Conda packages')]: ['conda', 'bz2'] };
  const more = await vscode.window.showOpenDialog({ canSelectMany: true, filters });
  return [...paths.filter((path) => path !== ''), ...(more ?? []).map(({ fsPath }) => fsPath)];
}

/** One of the user's channels, one that was used before, or another that is typed. */
async function pickChannel(app: App): Promise<string | undefined> {
  const recent = publishedHere(app.context).channels();
  const known = [...new Set([...recent, ...settings.channels()])];
  if (known.length > 0) {
    const other = t('Another channel…');
    const items = [...known.map((label) => ({ label })), { label: other, alwaysShow: true }];
    const options = { placeHolder: t('Channel to publish to'), title: t('Publish (2/3)') };
    const chosen = (await vscode.window.showQuickPick(items, options))?.label;
    if (chosen !== other) return chosen;
  }
  const typed = await vscode.window.showInputBox({
    ...{ title: t('Publish (2/3)'), prompt: t('Channel to publish to'), value: 'oci://', ignoreFocusOut: true },
    placeHolder: 'oci://ghcr.io/my-organisation/my-channel',
    validateInput: (text) => channelProblem(text) ?? '',
  });
  return typed?.trim().replace(/\/+$/, '');
}

async function pickLayout(): Promise<'v0' | 'v1' | 'both' | undefined> {
  const usual = settings.layout();
  const items = [
    { label: 'v0', description: t('what public mirrors and rattler use today') },
    { label: 'v1', description: t('the draft CEP') },
    { label: 'both', description: t('one upload, two manifests') },
  ] as const;
  const sorted = [...items].sort((a, b) => Number(b.label === usual) - Number(a.label === usual));
  const options = { placeHolder: t('Layout in the registry'), title: t('Publish (3/3)') };
  return (await vscode.window.showQuickPick(sorted, options))?.label;
}

/** Shows what would move, before anything does. */
async function isConfirmed(app: App, params: ParamsOf<'publish/run'>): Promise<boolean> {
  const plan = await withProgress({
    title: t('Asking {0} what it has', params.to),
    run: (options) => app.daemon.request('publish/run', { ...params, dryRun: true }, options),
  });
  const { published, failed } = outcomeOf(plan);
  const detail = describePlan(plan);
  if (published.length === 0) {
    const error = failed[0]?.error;
    if (error !== undefined) throw CondockError.fromDocument(error);
  }
  const go = published.length === 1 ? t('Publish') : t('Publish {0} builds', published.length);
  const question = t('Publish to {0}?', params.to);
  return (await vscode.window.showInformationMessage(question, { modal: true, detail }, go)) === go;
}

async function tell(app: App, channel: string, result: readonly PublishedFile[]): Promise<void> {
  const { published, failed } = outcomeOf(result);
  const references = published.flatMap(({ reference }) => reference ?? []);
  await publishedHere(app.context).add(channel, references);
  await vscode.commands.executeCommand(COMMANDS.refreshRegistries);
  for (const { error } of failed) if (error !== undefined) void app.showError(CondockError.fromDocument(error));
  if (references.length === 0) return;
  const [copy, look] = [t('Copy Reference'), t('Look Inside')];
  const text =
    references.length === 1
      ? t('Published {0}', references[0] ?? '')
      : t('Published {0} builds to {1}', references.length, channel);
  const chosen = await vscode.window.showInformationMessage(text, copy, ...(references.length === 1 ? [look] : []));
  if (chosen === copy) await vscode.env.clipboard.writeText(references.join('\n'));
  const [target] = references;
  if (chosen === look && target !== undefined) await app.openPackage({ target, title: target });
}
