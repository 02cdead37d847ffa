import { CondockError, type ParamsOf } from '@condock/protocol';
import * as vscode from 'vscode';
import { t } from '../../core/l10n.ts';
import { channelProblem, hostOf } from '../../core/publish/channel-target.ts';
import type { App } from '../app.ts';
import { COMMANDS, SETTINGS } from '../ids.ts';
import { publishedHere } from '../published-here.ts';
import { keepSetting, settings } from '../settings.ts';
import { withProgress } from '../with-progress.ts';

type Login = ParamsOf<'session/login'>;

export function sessionCommands(app: App) {
  return {
    [COMMANDS.signIn]: async (argument: unknown) => {
      const host = hostArgument(argument) ?? (await askHost(t('Sign In (1/3)')));
      if (host === undefined) return;
      const login = await askSecret(host);
      if (login === undefined) return;
      await signIn(app, login);
    },
    [COMMANDS.signOut]: async (argument: unknown) => {
      const host = hostArgument(argument) ?? (await pickSession(app));
      if (host === undefined) return;
      const { removed } = await app.daemon.request('session/logout', { host });
      const text = removed.length === 0 ? t('Nothing was kept for {0}.', host) : t('Signed out of {0}.', host);
      void vscode.window.showInformationMessage(text);
    },
    [COMMANDS.testRegistry]: async (argument: unknown) => {
      const host = hostArgument(argument) ?? (await askHost(t('Test a Registry')));
      if (host === undefined) return;
      const facts = await withProgress({
        title: t('Asking {0}', host),
        run: (options) => app.daemon.request('session/test', { host }, options),
      });
      const who = facts.username === null ? facts.source : `${facts.username} (${facts.source})`;
      const detail = [t('Asked as: {0}', who), ...facts.notes].join('\n');
      void vscode.window.showInformationMessage(host, { modal: true, detail });
    },
    [COMMANDS.addChannel]: async () => {
      const typed = await vscode.window.showInputBox({
        ...{ prompt: t('A channel of yours, to publish to and to look at'), value: 'oci://' },
        validateInput: (text) => channelProblem(text) ?? '',
      });
      if (typed === undefined) return;
      const channel = typed.trim().replace(/\/+$/, '');
      await keepSetting(SETTINGS.channels, [...new Set([...settings.channels(), channel])]);
    },
    [COMMANDS.removeChannel]: async (node: unknown) => {
      const channel = (node as { channel?: string } | undefined)?.channel;
      if (channel === undefined) return;
      await publishedHere(app.context).forget(channel);
      await vscode.commands.executeCommand(COMMANDS.refreshRegistries);
      await keepSetting(
        SETTINGS.channels,
        settings.channels().filter((one) => one !== channel),
      );
    },
    [COMMANDS.copyChannelUrl]: async (node: unknown) => {
      const channel = (node as { channel?: string } | undefined)?.channel;
      if (channel === undefined) return;
      const { url } = await app.daemon.request('channel/url', { channel });
      await vscode.env.clipboard.writeText(url);
      void vscode.window.showInformationMessage(
        t('Copied. Give this URL to conda, mamba or pixi as a channel; it holds a secret word, so do not share it.'),
      );
    },
  };
}

/** A host by name, or a row of the Registries view. */
function hostArgument(argument: unknown): string | undefined {
  if (typeof argument === 'string') return hostOf(argument);
  const node = argument as { session?: { host: string }; channel?: string } | undefined;
  return node?.session?.host ?? (node?.channel === undefined ? undefined : hostOf(node.channel));
}

async function askHost(title: string): Promise<string | undefined> {
  const known = [...new Set(settings.channels().flatMap((channel) => hostOf(channel) ?? []))];
  const typed = await vscode.window.showInputBox({
    ...{ title, prompt: t('Host of the registry'), placeHolder: 'ghcr.io', ignoreFocusOut: true },
    value: known[0] ?? '',
    validateInput: (text) => (hostOf(text) === undefined ? t('Say the host, such as ghcr.io') : ''),
  });
  return typed === undefined ? undefined : hostOf(typed);
}

async function askSecret(host: string): Promise<Login | undefined> {
  const username = await vscode.window.showInputBox({
    ...{ title: t('Sign In (2/3)'), prompt: t('User name at {0}', host), ignoreFocusOut: true },
    placeHolder: t('Leave empty if there is only a token'),
  });
  if (username === undefined) return undefined;
  const secret = await vscode.window.showInputBox({
    ...{ title: t('Sign In (3/3)'), prompt: t('Password or access token for {0}', host), password: true },
    ignoreFocusOut: true,
    validateInput: (text) => (text === '' ? t('It can not be empty') : ''),
  });
  if (secret === undefined) return undefined;
  return username === '' ? { host, secret, kind: 'bearer' } : { host, username, secret };
}

/** The daemon checks and keeps the secret; this process forgets it. */
async function signIn(app: App, login: Login): Promise<void> {
  try {
    const session = await withProgress({
      title: t('Signing in to {0}', login.host),
      run: (options) => app.daemon.request('session/login', login, options),
    });
    void vscode.window.showInformationMessage(
      t('Signed in to {0} as {1} ({2}).', session.host, session.username ?? '—', session.source),
    );
    await app.refresh();
  } catch (error) {
    if (error instanceof CondockError && error.code === 'keychain-unavailable')
      await offerOtherPlaces(app, login, error);
    else void app.showError(error, async () => vscode.commands.executeCommand(COMMANDS.signIn, login.host));
  }
}

async function offerOtherPlaces(app: App, login: Login, error: CondockError): Promise<void> {
  const [memory, file] = [t('Keep in Memory'), t('Keep in a Plain-Text File')];
  const detail = [
    error.message,
    t('In memory it is kept until the daemon ends.'),
    t('In a file it is readable by you alone, and by whoever gets at your disk.'),
  ].join('\n\n');
  const question = t('The keychain can not be used. Where shall the secret for {0} be kept?', login.host);
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, memory, file);
  if (chosen === memory) await signIn(app, { ...login, keep: 'memory' });
  if (chosen === file) await signIn(app, { ...login, keep: 'file' });
}

async function pickSession(app: App): Promise<string | undefined> {
  const { sessions } = await app.daemon.request('session/list', {});
  const items = sessions
    .filter(({ kind }) => kind !== 'anonymous')
    .map(({ host, username, source }) => ({ label: host, description: username ?? '', detail: source }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(t('You are not signed in anywhere.'));
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { placeHolder: t('Sign out of') }))?.label;
}
