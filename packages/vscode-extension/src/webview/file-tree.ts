import type { EditorApi, PageDocument, PageElement } from './browser.ts';

/**
 * The tree of files by the pattern of WAI-ARIA: one stop of the tab key, arrows within; what is below a folder is asked for
 * when the folder is opened first.
 */
export function startFileTree(document: PageDocument, editor: EditorApi): void {
  const tree = document.getElementById('files');
  if (tree === null) return;

  const focus = (item: PageElement | undefined): void => {
    if (item === undefined) return;
    for (const other of tree.querySelectorAll('[role=treeitem][tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
    item.focus();
  };
  const setOpen = (item: PageElement, open: boolean): void => {
    item.setAttribute('aria-expanded', String(open));
    const group = item.querySelector('[role=group]');
    if (open && group?.querySelector('[role=treeitem]') === null) {
      editor.postMessage({
        ...{ type: 'children', path: item.dataset.path, level: Number(item.getAttribute('aria-level')) },
      });
    }
  };
  const isOpen = (item: PageElement): boolean => item.getAttribute('aria-expanded') === 'true';
  const isFolder = (item: PageElement): boolean => item.getAttribute('aria-expanded') !== null;
  const visible = (): PageElement[] =>
    [...tree.querySelectorAll('[role=treeitem]')].filter(
      (item) => item.parentElement?.closest('[aria-expanded=false]') == null,
    );
  const parentOf = (item: PageElement): PageElement | undefined =>
    item.parentElement?.closest('[role=treeitem]') ?? undefined;

  tree.addEventListener('click', (event) => {
    const item = event.target?.closest('[role=treeitem]');
    if (item === null || item === undefined) return;
    if (isFolder(item)) setOpen(item, !isOpen(item));
    focus(item);
  });
  tree.addEventListener('keydown', (event) => {
    const item = event.target?.closest('[role=treeitem]');
    if (item === null || item === undefined) return;
    const rows = visible();
    const at = rows.indexOf(item);
    const keys: Record<string, () => void> = {
      ArrowDown: () => focus(rows[at + 1]),
      ArrowUp: () => focus(rows[at - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () => {
        if (!isFolder(item)) return;
        if (isOpen(item)) focus(rows[at + 1]);
        else setOpen(item, true);
      },
      ArrowLeft: () => {
        if (isFolder(item) && isOpen(item)) setOpen(item, false);
        else focus(parentOf(item));
      },
      Enter: () => {
        if (isFolder(item)) setOpen(item, !isOpen(item));
      },
    };
    const act = keys[event.key === ' ' ? 'Enter' : event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

/** Puts what the extension sent below an opened folder. */
export function putChildren(document: PageDocument, path: string, markup: string): void {
  for (const item of document.querySelectorAll('#files [role=treeitem]')) {
    const group = item.dataset.path === path ? item.querySelector('[role=group]') : null;
    if (group !== null) group.innerHTML = markup;
  }
}
