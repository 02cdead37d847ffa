import { formatBytes } from '../format.ts';
import { html, type SafeHtml } from '../html.ts';
import { t } from '../l10n.ts';
import type { PackagePage } from './page-model.ts';

const ROLES = { package: () => t('Archive'), info: () => t('Info'), index: () => t('Index') };

/** The manifest's digest and its layers: what each is, and whether its bytes are in the store. */
export function renderManifest({ insides, entry }: PackagePage): SafeHtml {
  const { manifestDigest, layout, layers, from } = insides;
  const source = from === 'info-layer' ? t('the info layer alone') : t('the archive');
  const facts: [string, SafeHtml][] = [
    [t('Manifest'), manifestDigest === null ? html`—` : digest(manifestDigest)],
    [t('Layout'), html`${layout ?? '—'}`],
    [t('This page was read from'), html`${source}`],
  ];
  if (entry?.source !== undefined && entry.source !== null) facts.push([t('Answer from'), html`${entry.source}`]);
  return html`<dl>
      ${facts.map(
        ([label, value]) =>
          html`<dt>${label}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    ${layers.length === 0 ? html`<p class="empty">${t('It was opened from a file, so there is no manifest.')}</p>` : table(layers)}`;
}

const digest = (text: string): SafeHtml =>
  html`<code class="digest">${text}</code> <button class="link" data-copy="${text}">${t('Copy')}</button>`;

function table(layers: PackagePage['insides']['layers']): SafeHtml {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${t('Layer')}</th>
        <th scope="col">${t('Size')}</th>
        <th scope="col">${t('In the store')}</th>
        <th scope="col">${t('Digest and media type')}</th>
      </tr>
    </thead>
    <tbody>
      ${layers.map(
        (layer) =>
          html`<tr>
            <td>${layer.role === null ? t('Unknown') : ROLES[layer.role]()}</td>
            <td class="number">${formatBytes(layer.size)}</td>
            <td>${layer.cached ? html`<span class="pill state-cached">${t('cached')}</span>` : t('no')}</td>
            <td>${digest(layer.digest)}<br /><span class="muted">${layer.mediaType}</span></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
