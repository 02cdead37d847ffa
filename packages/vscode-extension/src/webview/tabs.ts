import type { EditorApi, PageDocument, PageElement } from './browser.ts';

/** Tabs by the pattern of WAI-ARIA: arrows, Home and End move and choose; the choice outlives hiding of the page. */
export function startTabs(document: PageDocument, editor: EditorApi): void {
  const tabs = [...document.querySelectorAll('[role=tab]')];
  const choose = (chosen: PageElement, focus: boolean): void => {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute('aria-selected', String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
      if (panel !== null) panel.hidden = !isChosen;
    }
    if (focus) chosen.focus();
    editor.setState({ tab: chosen.id });
  };
  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener('click', () => choose(tab, false));
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
      const next = to === undefined ? undefined : tabs[to % tabs.length];
      if (next === undefined) return;
      event.preventDefault();
      choose(next, true);
    });
  }
  const before = (editor.getState() as { tab?: unknown } | undefined)?.tab;
  const tab = tabs.find(({ id }) => id === before);
  if (tab !== undefined) choose(tab, false);
}
