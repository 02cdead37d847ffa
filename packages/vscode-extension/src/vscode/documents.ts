import type { EnvironmentPackage } from '@condock/protocol';
import * as vscode from 'vscode';
import {
  type DocumentEnvironment,
  DOCUMENT_PATTERNS,
  formatOf,
  type ScannedDocument,
} from '../core/documents/entry.ts';
import { createLookup, environmentPathFor, type PackageLookup } from '../core/documents/match.ts';
import { scanDocument } from '../core/documents/scan.ts';
import { packageMarkdown } from '../core/environments/package-text.ts';
import { describeMissing } from '../core/environments/summary.ts';
import { type EnvironmentTarget, targetsOf } from '../core/environments/target.ts';
import { soon } from '../core/soon.ts';
import type { App } from './app.ts';
import { COMMANDS, VIEWS } from './ids.ts';
import { settings } from './settings.ts';

/** By file name: there is no language for pixi.lock, and none for TOML in a bare editor. */
const SELECTOR: vscode.DocumentSelector = DOCUMENT_PATTERNS.map((pattern) => ({ pattern, scheme: 'file' }));

class EnvironmentLens extends vscode.CodeLens {
  readonly target: EnvironmentTarget;
  constructor(line: number, target: EnvironmentTarget) {
    super(new vscode.Range(line, 0, line, 0));
    this.target = target;
  }
}

/** Hovers, lenses and problems over locks and manifests. They keep quiet until the daemon was asked for something. */
export function registerDocuments(app: App): vscode.Disposable {
  const scans = new WeakMap<vscode.TextDocument, { version: number; scanned: ScannedDocument }>();
  const lookups = new WeakMap<readonly EnvironmentPackage[], PackageLookup>();
  const lensesChanged = new vscode.EventEmitter<void>();
  const problems = vscode.languages.createDiagnosticCollection('condock');

  const scan = (document: vscode.TextDocument): ScannedDocument | undefined => {
    const format = formatOf(document.uri.fsPath);
    if (format === undefined || document.uri.scheme !== 'file') return undefined;
    const known = scans.get(document);
    if (known?.version === document.version) return known.scanned;
    const scanned = scanDocument(document.getText(), format);
    scans.set(document, { version: document.version, scanned });
    return scanned;
  };

  const pathOf = (document: vscode.TextDocument): string | undefined => {
    const format = formatOf(document.uri.fsPath);
    return format === undefined ? undefined : environmentPathFor(document.uri.fsPath, format, app.model.found);
  };

  const targetOf = (path: string, { environment, platform }: DocumentEnvironment): EnvironmentTarget => {
    const found = app.model.found.find((candidate) => candidate.path === path);
    const known = found === undefined ? [] : targetsOf(found, app.here);
    // The same target as the view's, so that both share one listing.
    return (
      known.find((t) => t.environment === environment && t.platform === platform) ??
      known.find((t) => platform === undefined && (environment === undefined || t.environment === environment)) ?? {
        ...{ path, environment, platform },
      }
    );
  };

  /** What has been listed of a document's environments, whichever they are. */
  const lookupAll = (path: string): PackageLookup[] =>
    app.model
      .loaded()
      .filter(([target]) => target.path === path)
      .map(([, { packages }]) => {
        const known = lookups.get(packages) ?? createLookup(packages);
        lookups.set(packages, known);
        return known;
      });

  const diagnose = (document: vscode.TextDocument): void => {
    const path = pathOf(document);
    const scanned = path === undefined ? undefined : scan(document);
    if (path === undefined || scanned === undefined) return;
    const all = lookupAll(path);
    const found = scanned.entries.flatMap((entry) => {
      const bad = all.map((lookup) => lookup.find(entry)).find((p) => p?.state === 'digest-mismatch');
      if (bad === undefined) return [];
      const range = new vscode.Range(entry.line, entry.start, entry.line, entry.end);
      const text = bad.error?.message ?? vscode.l10n.t('The registry holds other bytes than are promised here.');
      const problem = new vscode.Diagnostic(range, text, vscode.DiagnosticSeverity.Error);
      problem.source = 'Condock';
      problem.code = 'digest-mismatch';
      return [problem];
    });
    problems.set(document.uri, found);
  };

  const hovers: vscode.HoverProvider = {
    provideHover: async (document, position) => {
      if (!app.daemon.engaged) return undefined;
      const entry = scan(document)?.entries.find(
        ({ line, start, end }) => line === position.line && start <= position.character && position.character <= end,
      );
      const path = entry === undefined ? undefined : pathOf(document);
      if (entry === undefined || path === undefined) return undefined;
      if (lookupAll(path).length === 0) await app.model.load(targetOf(path, EVERYTHING));
      const found = lookupAll(path)
        .map((lookup) => lookup.find(entry))
        .find((candidate) => candidate !== undefined);
      const range = new vscode.Range(entry.line, entry.start, entry.line, entry.end);
      if (found !== undefined) return new vscode.Hover(new vscode.MarkdownString(packageMarkdown(found), true), range);
      const text = vscode.l10n.t('Not among the packages that are locked or installed here.');
      return entry.kind === 'name' ? new vscode.Hover(text, range) : undefined;
    },
  };

  const lenses: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: lensesChanged.event,
    provideCodeLenses: (document) => {
      const environments = settings.codeLens() ? (scan(document)?.environments ?? []) : [];
      const path = pathOf(document);
      if (!app.daemon.engaged || path === undefined) return environments.slice(0, 1).map(invitation);
      return environments.map((environment) => new EnvironmentLens(environment.line, targetOf(path, environment)));
    },
    resolveCodeLens: async (lens) => {
      if (!(lens instanceof EnvironmentLens)) return lens;
      const { target } = lens;
      const loaded = app.model.get(target) ?? (await app.model.load(target));
      if (loaded.error !== undefined && loaded.packages.length === 0) {
        lens.command = { title: `$(warning) ${loaded.error.message}`, command: COMMANDS.refresh };
      } else if (loaded.summary.fetchable === 0) {
        const icon = loaded.summary.missing === 0 ? 'pass' : 'info';
        lens.command = {
          ...{ title: `$(${icon}) ${describeMissing(loaded.summary)}`, command: COMMANDS.showSizes },
          arguments: [{ target }],
        };
      } else {
        const title = vscode.l10n.t('Prefetch environment ({0})', describeMissing(loaded.summary));
        lens.command = {
          title: `$(cloud-download) ${title}`,
          command: COMMANDS.prefetchEnvironment,
          arguments: [{ target }],
        };
      }
      return lens;
    },
  };

  const refreshAll = soon(() => {
    lensesChanged.fire();
    for (const document of vscode.workspace.textDocuments) diagnose(document);
  }, 50);
  return vscode.Disposable.from(
    ...[lensesChanged, problems, refreshAll],
    vscode.languages.registerHoverProvider(SELECTOR, hovers),
    vscode.languages.registerCodeLensProvider(SELECTOR, lenses),
    vscode.workspace.onDidOpenTextDocument(diagnose),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => problems.delete(uri)),
    app.model.onDidChange(refreshAll.call),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('condock.codeLens')) lensesChanged.fire();
    }),
  );
}

const EVERYTHING: DocumentEnvironment = { line: 0, environment: undefined, platform: undefined };

/** Before the daemon runs: a click shows the view, which starts it. */
function invitation({ line }: DocumentEnvironment): vscode.CodeLens {
  const title = vscode.l10n.t('Show packages in Condock');
  return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), {
    ...{ title: `$(package) ${title}`, command: `${VIEWS.environments}.focus` },
  });
}
