import { formatBytes, formatCount } from '../format.ts';
import { html, type SafeHtml } from '../html.ts';
import { stateFacts } from '../environments/state-facts.ts';
import { t } from '../l10n.ts';
import type { PackagePage, TextFile } from './page-model.ts';
import { renderFileTree } from './render-files.ts';
import { renderDependencies } from './render-dependencies.ts';
import { renderManifest } from './render-manifest.ts';

interface Tab {
  id: string;
  label: string;
  count?: string;
  content: SafeHtml;
}

/** The whole page of a package: a heading, then tabs. */
export function renderPackagePage(page: PackagePage): SafeHtml {
  const tabs: Tab[] = [
    { id: 'about', label: t('About'), content: about(page) },
    {
      ...{ id: 'dependencies', label: t('Dependencies'), count: String(page.depends.length) },
      content: renderDependencies(page),
    },
    { id: 'run-exports', label: t('Run exports'), content: runExports(page) },
    { id: 'files', label: t('Files'), count: formatCount(page.fileCount), content: renderFileTree(page) },
    {
      ...{ id: 'licenses', label: t('Licences'), count: String(page.licenses.length) },
      content: texts(page.licenses, t('The package carries no licence text.')),
    },
    { id: 'recipe', label: t('Recipe'), content: texts(page.recipe, t('The package carries no recipe.')) },
    { id: 'manifest', label: t('Manifest'), content: renderManifest(page) },
  ];
  return html`${heading(page)}
    <div class="tabs" role="tablist" aria-label="${t('Parts of the package')}">
      ${tabs.map(
        ({ id, label, count }, at) =>
          html`<button
            role="tab"
            id="tab-${id}"
            aria-controls="panel-${id}"
            aria-selected="${at === 0 ? 'true' : 'false'}"
            tabindex="${at === 0 ? '0' : '-1'}"
          >
            ${label}${count === undefined ? undefined : html` <span class="count">${count}</span>`}
          </button>`,
      )}
    </div>
    ${tabs.map(
      ({ id, content }, at) =>
        html`<section
          role="tabpanel"
          id="panel-${id}"
          aria-labelledby="tab-${id}"
          tabindex="0"
          ${at === 0 ? undefined : html`hidden`}
        >
          ${content}
        </section>`,
    )}`;
}

function heading(page: PackagePage): SafeHtml {
  const { entry, insides } = page;
  const facts = entry === undefined ? undefined : stateFacts(entry.state);
  const archive = insides.layers.find(({ role }) => role === 'package');
  const pills = [
    page.build === '' ? undefined : page.build,
    page.subdir === '' ? undefined : page.subdir,
    archive === undefined ? undefined : formatBytes(archive.size),
  ].filter((pill) => pill !== undefined);
  return html`<header>
    <h1>${page.title} <span class="version">${page.version}</span></h1>
    ${page.summary === '' ? undefined : html`<p class="summary">${page.summary}</p>`}
    <p class="pills">
      ${facts === undefined ? undefined : html`<span class="pill state-${facts.state}">${facts.label()}</span>`}
      ${pills.map((pill) => html`<span class="pill">${pill}</span>`)}
    </p>
    ${reference(insides.reference)}
    ${page.insides.warnings.map((warning) => html`<p class="warning" role="note">${warning}</p>`)}
  </header>`;
}

function reference(text: string | null): SafeHtml | undefined {
  if (text === null) return undefined;
  return html`<p class="reference">
    <code>${text}</code>
    <button class="link" data-copy="${text}" title="${t('Copy the reference')}">${t('Copy')}</button>
  </p>`;
}

function about({ about: fields, description }: PackagePage): SafeHtml {
  const value = (text: string): SafeHtml =>
    /^https?:\/\/[^\s<>"]+$/.test(text) ? html`<a href="${text}">${text}</a>` : html`${text}`;
  return html`${description === '' ? undefined : html`<p class="description">${description}</p>`}
    ${fields.length === 0 && description === '' ? html`<p class="empty">${t('The package says nothing of itself.')}</p>` : undefined}
    <dl>
      ${fields.map(
        (field) =>
          html`<dt>${field.label}</dt>
            <dd>${value(field.value)}</dd>`,
      )}
    </dl>`;
}

function runExports({ runExports: exports }: PackagePage): SafeHtml {
  if (exports.length === 0) return html`<p class="empty">${t('It puts nothing on those that are built with it.')}</p>`;
  return html`${exports.map(
    ({ kind, specs }) =>
      html`<h2>${kind}</h2>
        <ul class="plain">
          ${specs.map((spec) => html`<li><code>${spec}</code></li>`)}
        </ul>`,
  )}`;
}

function texts(files: readonly TextFile[], empty: string): SafeHtml {
  if (files.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`${files.map(
    ({ path, text, truncated }) =>
      html`<details ${files.length < 4 ? html`open` : undefined}>
        <summary>${path}</summary>
        <pre tabindex="0">${text}</pre>
        ${truncated ? html`<p class="warning">${t('Only its beginning is shown.')}</p>` : undefined}
      </details>`,
  )}`;
}
