import { isAbsolute } from 'node:path';
import { listFiles } from '@condock/client';
import { isCancellation, type PackageInsides } from '@condock/protocol';
import * as vscode from 'vscode';
import { packageCount } from '../core/counts.ts';
import type { Ends } from '../core/listeners.ts';
import { html } from '../core/html.ts';
import { mapLimited } from '../core/map-limited.ts';
import { t } from '../core/l10n.ts';
import { findDependents } from '../core/page/dependencies.ts';
import { describePackage, type PackagePage } from '../core/page/page-model.ts';
import type { FileNode } from '../core/page/file-tree.ts';
import { renderDependents } from '../core/page/render-dependencies.ts';
import { renderFileRow } from '../core/page/render-files.ts';
import { renderPackagePage } from '../core/page/render-page.ts';
import type { App, PackageRequest } from './app.ts';
import { createPagePanel, type PageMessage, type PagePanel } from './pages.ts';
import { requireTrust } from './trust.ts';
import { withProgress } from './with-progress.ts';

/** Info layers that are asked for at once. */
const AT_ONCE = 8;

/** The page of a package. One page is used again and again, as a click on the next row replaces what the last one showed. */
export function createPackagePanel(app: Pick<App, 'context' | 'daemon' | 'model' | 'showError'>): {
  open: (request: PackageRequest) => Promise<void>;
} & Ends {
  let page: PagePanel | undefined;
  let shown: { request: PackageRequest; model: PackagePage } | undefined;
  let turn = 0;
  const indexes = new Map<string, Promise<PackageInsides['index'] | undefined>>();

  const packagesOf = (request: PackageRequest) =>
    request.environment === undefined ? undefined : app.model.get(request.environment)?.packages;

  const open = async (request: PackageRequest): Promise<void> => {
    // An archive on the disk needs no registry.
    if (!isAbsolute(request.target)) requireTrust();
    turn += 1;
    const mine = turn;
    page ??= makePage();
    page.panel.reveal(undefined, true);
    page.show(request.title, html`<p class="summary">${t('Reading {0} …', request.title)}</p>`);
    try {
      const { target } = request;
      const insides = await app.daemon.request('package/inspect', { target });
      const files = await listFiles(app.daemon.client, { target });
      if (mine !== turn) return;
      const model = describePackage({ insides, files, entry: request.entry, packages: packagesOf(request) });
      shown = { request, model };
      page.show(model.title, renderPackagePage(model));
    } catch (error) {
      if (mine !== turn || isCancellation(error)) return;
      page.show(
        request.title,
        html`<h1>${request.title}</h1>
          <p class="warning">${messageOf(error)}</p>`,
      );
      await app.showError(error, () => open(request));
    }
  };

  const onMessage = async (message: PageMessage): Promise<void> => {
    if (message.type === 'copy') {
      await vscode.env.clipboard.writeText(message.text);
      vscode.window.setStatusBarMessage(t('Copied'), 2000);
    }
    if (shown === undefined) return;
    if (message.type === 'open') {
      const { environment } = shown.request;
      const entry = packagesOf(shown.request)?.find(({ name, kind }) => name === message.name && kind === 'conda');
      const target = entry?.reference ?? entry?.url;
      if (target !== null && target !== undefined) await open({ target, title: message.name, entry, environment });
    }
    if (message.type === 'children') {
      const node = findNode(shown.model.files, message.path);
      if (node === undefined) return;
      const rows = node.children.map((child) =>
        renderFileRow(child, { level: message.level + 1, open: false, first: false }),
      );
      await page?.panel.webview.postMessage({ type: 'children', path: message.path, html: html`${rows}`.text });
    }
    if (message.type === 'dependents') await findAndShowDependents(shown);
  };

  const findAndShowDependents = async ({ request, model }: NonNullable<typeof shown>): Promise<void> => {
    const packages = (packagesOf(request) ?? []).filter(
      ({ kind, reference }) => kind === 'conda' && reference !== null,
    );
    const answers = await withProgress({
      title: t('Asking {0} what they need', packageCount(packages.length)),
      run: async ({ signal, onProgress }) => {
        let done = 0;
        return await mapLimited(packages, AT_ONCE, async (entry) => {
          signal.throwIfAborted();
          const index = await indexOf(entry.reference ?? '', signal);
          done += 1;
          onProgress({ kind: 'report', done: { packages: done }, total: { packages: packages.length } });
          return { entry, index };
        });
      },
    });
    const known = answers.flatMap(({ entry, index }) => (index === undefined ? [] : [{ entry, index }]));
    const dependents = findDependents(model.title, known);
    const counts = { asked: known.length, unknown: answers.length - known.length };
    const markup = renderDependents(dependents, counts).text;
    await page?.panel.webview.postMessage({ type: 'dependents', html: markup });
  };

  /** What a package says it needs; kept, as a reference's bytes do not change while the window is open. */
  const indexOf = (target: string, signal: AbortSignal): Promise<PackageInsides['index'] | undefined> => {
    const known = indexes.get(target);
    if (known !== undefined) return known;
    const asked = app.daemon.request('package/inspect', { target }, { signal }).then(
      ({ index }) => index,
      () => {
        indexes.delete(target);
        return undefined;
      },
    );
    indexes.set(target, asked);
    return asked;
  };

  const makePage = (): PagePanel => {
    const made = createPagePanel({
      ...{ viewType: 'condock.package', extensionUri: app.context.extensionUri },
      onMessage: (message) => {
        onMessage(message).catch((error: unknown) => app.showError(error));
      },
    });
    made.panel.onDidDispose(() => {
      page = undefined;
      shown = undefined;
    });
    return made;
  };

  return {
    open,
    dispose: () => {
      page?.dispose();
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function findNode(nodes: readonly FileNode[], path: string): FileNode | undefined {
  for (const node of nodes) {
    if (node.path === path) return node;
    const inside = path.startsWith(`${node.path}/`) ? findNode(node.children, path) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}
