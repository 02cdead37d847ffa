// The script of Condock's pages: tabs, the tree of files, the picture by size, and buttons that ask the extension.
import { browser } from './browser.ts';
import { putChildren, startFileTree } from './file-tree.ts';
import { startTabs } from './tabs.ts';
import { startTreemap } from './treemap.ts';

const page = browser();
const { document } = page;
const editor = page.acquireVsCodeApi();

startTabs(document, editor);
startFileTree(document, editor);
startTreemap(page, editor);

document.addEventListener('click', (event) => {
  const button = event.target?.closest('[data-copy], [data-open], [data-dependents]');
  if (button === null || button === undefined) return;
  const { copy, open, dependents } = button.dataset;
  if (copy !== undefined) editor.postMessage({ type: 'copy', text: copy });
  else if (open !== undefined) editor.postMessage({ type: 'open', name: open });
  else if (dependents !== undefined) {
    button.setAttribute('disabled', '');
    editor.postMessage({ type: 'dependents' });
  }
});

page.addEventListener('message', (event) => {
  const message = event.data as { type?: string; path?: string; html?: string };
  if (message.html === undefined) return;
  if (message.type === 'children') putChildren(document, message.path ?? '', message.html);
  const place = message.type === 'dependents' ? document.getElementById('dependents') : null;
  if (place !== null) place.innerHTML = message.html;
});
