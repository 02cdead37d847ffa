import { CondockError, isCancellation, type ParamsOf, type ResultOf } from '@condock/protocol';
import * as vscode from 'vscode';
import { errorText } from '../../core/error-actions.ts';
import { targetParams } from '../../core/environments/target.ts';
import { packageCount } from '../../core/counts.ts';
import { formatBytes, formatCount, formatSeconds } from '../../core/format.ts';
import { t } from '../../core/l10n.ts';
import type { App } from '../app.ts';
import { COMMANDS } from '../ids.ts';
import type { Reports } from '../reports.ts';
import { requireTrust } from '../trust.ts';
import { withProgress } from '../with-progress.ts';
import { packagesOf, targetOf } from './selection.ts';

type Prefetched = ResultOf<'prefetch/run'>;

export function prefetchCommands(app: App, reports: Reports) {
  const run = async (title: string, params: ParamsOf<'prefetch/run'>): Promise<void> => {
    requireTrust();
    try {
      const result = await withProgress({
        title,
        run: (options) => app.daemon.request('prefetch/run', { ...params, priority: 'interactive' }, options),
      });
      void tell(result, reports, () => run(title, params));
    } catch (error) {
      if (isCancellation(error)) {
        void vscode.window.showInformationMessage(
          t('Prefetching was cancelled. What has arrived is kept, and the next run goes on from there.'),
        );
      } else void app.showError(error, () => run(title, params));
    } finally {
      // Others may list the same archives.
      await app.model.reload();
    }
  };

  return {
    [COMMANDS.prefetchEnvironment]: async (argument: unknown) => {
      const target = await targetOf(app, argument, t('Which environment shall be prefetched?'));
      if (target === undefined) return;
      const name = target.environment ?? vscode.workspace.asRelativePath(target.path);
      await run(t('Prefetching {0}', name), targetParams(target));
    },
    [COMMANDS.prefetchPackages]: async (argument: unknown, selected: unknown) => {
      const nodes = packagesOf(argument, selected).filter(({ entry }) => entry.kind === 'conda');
      const references = [...new Set(nodes.flatMap(({ entry }) => entry.reference ?? entry.url ?? []))];
      const [first] = nodes;
      if (first === undefined || references.length === 0) {
        throw new CondockError('usage', t('No package was chosen that a registry could have.'), {
          hint: t('Choose packages in the Environments view.'),
        });
      }
      const title = t('Prefetching {0}', nodes.length === 1 ? first.entry.name : packageCount(nodes.length));
      await run(title, { references });
    },
  };
}

async function tell(result: Prefetched, reports: Reports, again: () => Promise<void>): Promise<void> {
  const { fetched, cached, failed, bytes, seconds } = result;
  const got =
    fetched === 0
      ? t('Nothing to fetch: {0} cached already.', packageCount(cached))
      : t(
          'Fetched {0}, {1} in {2}; {3} cached already.',
          ...[packageCount(fetched), formatBytes(bytes), formatSeconds(seconds), formatCount(cached)],
        );
  if (failed.length === 0) {
    await vscode.window.showInformationMessage(got);
    return;
  }
  const [details, retry, signIn] = [t('Details'), t('Try Again'), t('Sign In…')];
  const login = failed.find(({ error }) => error.code === 'login-required' || error.code === 'denied');
  const buttons = [...(login === undefined ? [] : [signIn]), details, retry];
  const text = `${got} ${t('{0} could not be fetched.', formatCount(failed.length))}`;
  const chosen = await vscode.window.showWarningMessage(text, ...buttons);
  if (chosen === details) await reports.show(t('Prefetch'), failedMarkdown(failed));
  if (chosen === retry) await again();
  if (chosen === signIn) await vscode.commands.executeCommand(COMMANDS.signIn, login?.error.data?.host);
}

function failedMarkdown(failed: Prefetched['failed']): string {
  const rows = failed.map(({ name, error }) => `| ${name} | ${errorText(error).replaceAll('|', '\\|')} |`);
  const head = `| ${t('Package')} | ${t('What went wrong')} |`;
  return [`# ${t('What could not be fetched')}`, '', head, '|:--|:--|', ...rows, ''].join('\n');
}
