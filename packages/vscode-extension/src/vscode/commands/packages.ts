import { CondockError, type EnvironmentPackage } from '@condock/protocol';
import * as vscode from 'vscode';
import type { PackageNode } from '../../core/environments/tree.ts';
import { t } from '../../core/l10n.ts';
import { pullCommand, registryPage } from '../../core/pull-command.ts';
import type { App } from '../app.ts';
import { COMMANDS } from '../ids.ts';
import { showSizes } from '../sizes-panel.ts';
import { packagesOf, targetOf } from './selection.ts';

export function packageCommands(app: App) {
  const copy =
    (what: string, read: (entry: Pick<EnvironmentPackage, 'reference' | 'digest' | 'sha256'>) => string | undefined) =>
    async (argument: unknown, selected: unknown) => {
      const lines = entriesOf(argument, selected).flatMap((entry) => read(entry) ?? []);
      if (lines.length === 0) {
        throw new CondockError('usage', t('There is no {0} to copy here.', what), {
          hint: t('Choose a package that a registry is known for.'),
        });
      }
      await vscode.env.clipboard.writeText(lines.join('\n'));
      vscode.window.setStatusBarMessage(
        lines.length === 1 ? t('Copied {0}', lines[0] ?? '') : t('Copied {0} lines', lines.length),
        4000,
      );
    };

  return {
    [COMMANDS.openPackage]: async (argument: unknown) => {
      const node = argument as Partial<PackageNode> & { reference?: string };
      const { entry, target: environment } = node;
      const target = entry?.reference ?? entry?.url ?? node.reference;
      if (target === undefined) throw nothingInside(entry?.name);
      await app.openPackage({ target, title: entry?.name ?? target, entry, environment });
    },
    [COMMANDS.inspectFile]: async (uri: unknown) => {
      const chosen = uri instanceof vscode.Uri ? uri : (await vscode.window.showOpenDialog({}))?.[0];
      if (chosen === undefined) return;
      await app.openPackage({ target: chosen.fsPath, title: chosen.path.split('/').at(-1) ?? chosen.fsPath });
    },
    [COMMANDS.showSizes]: async (argument: unknown) => {
      const target = await targetOf(app, argument, t('Which environment shall be drawn?'));
      if (target !== undefined) await showSizes(app, target);
    },
    [COMMANDS.copyReference]: copy(t('reference'), ({ reference }) => reference ?? undefined),
    [COMMANDS.copyDigest]: copy(
      t('digest'),
      ({ digest, sha256 }) => digest ?? (sha256 === null ? undefined : `sha256:${sha256}`),
    ),
    [COMMANDS.copyPullCommand]: copy(t('reference'), pullCommand),
    [COMMANDS.openInRegistry]: async (argument: unknown, selected: unknown) => {
      const reference = entriesOf(argument, selected)[0]?.reference ?? undefined;
      const page = reference === undefined ? undefined : registryPage(reference);
      if (page === undefined) throw nothingInside(reference);
      await vscode.env.openExternal(vscode.Uri.parse(page, true));
    },
  };
}

/** Of packages, and of what was published and so is known by its reference alone. */
function entriesOf(
  argument: unknown,
  selected: unknown,
): Pick<EnvironmentPackage, 'reference' | 'digest' | 'sha256'>[] {
  const reference = (argument as { reference?: unknown } | undefined)?.reference;
  if (typeof reference === 'string') return [{ reference, digest: null, sha256: null }];
  return packagesOf(argument, selected).map(({ entry }) => entry);
}

function nothingInside(name: string | undefined): CondockError {
  return new CondockError('usage', t('No registry is known for {0}.', name ?? t('this')), {
    hint: t('Choose a package with a reference in the Environments view.'),
  });
}
