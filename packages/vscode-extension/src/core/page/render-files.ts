import { fileCount as countFiles } from '../counts.ts';
import { formatBytes } from '../format.ts';
import { html, type SafeHtml } from '../html.ts';
import { t } from '../l10n.ts';
import type { FileNode } from './file-tree.ts';
import type { PackagePage } from './page-model.ts';

/** Folders that are open at first: few rows, so that the page is quick whatever it holds. */
const OPEN_ROWS = 40;

/**
 * The files as a tree in the words of WAI-ARIA; what moves in it is the page's script. Folders below a closed one are made
 * by the script when it is opened, out of the same data.
 */
export function renderFileTree({ files, fileCount, fileBytes }: PackagePage): SafeHtml {
  if (files.length === 0) return html`<p class="empty">${t('The package installs no files.')}</p>`;
  const total = fileBytes ?? files.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const count = countFiles(fileCount);
  return html`<p class="amount">${count}${total > 0 ? `, ${formatBytes(total)}` : ''}</p>
    <div role="tree" id="files" aria-label="${t('Files of the package')}">
      ${files.map((node, at) => renderFileRow(node, { level: 1, open: files.length < OPEN_ROWS, first: at === 0 }))}
    </div>`;
}

/** One row, and below an open folder its rows. */
export function renderFileRow(
  node: FileNode,
  { level, open, first }: { level: number; open: boolean; first: boolean },
): SafeHtml {
  const isFolder = node.type === 'directory';
  const size = node.size === undefined ? '' : formatBytes(node.size);
  const spoken = [node.name, isFolder ? countFiles(node.count) : '', size].filter((part) => part !== '').join(', ');
  const attributes = html`role="treeitem" aria-level="${level}" data-path="${node.path}"
  tabindex="${first ? '0' : '-1'}" aria-label="${spoken}"`;
  const row = html`<span class="row"
    ><span class="name type-${node.type}">${node.name}</span
    ><span class="size">${isFolder ? countFiles(node.count) : ''}</span><span class="size bytes">${size}</span></span
  >`;
  if (!isFolder) return html`<div ${attributes}>${row}</div>`;
  const children = node.children.map((child) => renderFileRow(child, { level: level + 1, open: false, first: false }));
  const showsChildren = open && level === 1 && node.children.length <= OPEN_ROWS;
  return html`<div ${attributes} aria-expanded="${showsChildren ? 'true' : 'false'}">
    ${row}
    <div role="group">${showsChildren ? children : undefined}</div>
  </div>`;
}
