import type { PackageState } from '@condock/protocol';
import * as vscode from 'vscode';
import { NO_FILTER } from '../../core/environments/filter.ts';
import { GROUPINGS, type Grouping } from '../../core/environments/group.ts';
import { STATES, stateFacts } from '../../core/environments/state-facts.ts';
import { formatCount } from '../../core/format.ts';
import { t } from '../../core/l10n.ts';
import type { App } from '../app.ts';
import { COMMANDS, SETTINGS } from '../ids.ts';
import { keepSetting, settings } from '../settings.ts';

export function viewCommands(app: App) {
  return {
    [COMMANDS.refresh]: () => app.refresh(),
    [COMMANDS.filter]: () => {
      pickFilter(app);
    },
    [COMMANDS.clearFilter]: () => {
      app.view.set({ filter: NO_FILTER });
    },
    [COMMANDS.groupBy]: async () => {
      const labels: Record<Grouping, string> = {
        none: t('Not at all'),
        state: t('By state'),
        channel: t('By channel'),
      };
      const current = settings.grouping();
      const items = GROUPINGS.map((grouping) => ({
        ...{ label: labels[grouping], grouping },
        description: grouping === current ? t('now') : '',
      }));
      const chosen = await vscode.window.showQuickPick(items, { placeHolder: t('How shall packages be grouped?') });
      if (chosen !== undefined) await keepSetting(SETTINGS.groupBy, chosen.grouping);
    },
    [COMMANDS.showMachine]: async () => {
      app.view.set({ showsMachine: true });
      await app.refresh();
    },
    [COMMANDS.hideMachine]: async () => {
      app.view.set({ showsMachine: false });
      await app.refresh();
    },
  };
}

interface StateItem extends vscode.QuickPickItem {
  state: PackageState;
}

/** One box for both: what is typed is the name, what is ticked are the states. */
function pickFilter(app: App): void {
  const counts = new Map<PackageState, number>();
  for (const [, { summary }] of app.model.loaded()) {
    for (const [state, n] of summary.states) counts.set(state, (counts.get(state) ?? 0) + n);
  }
  const items: StateItem[] = STATES.filter((state) => counts.has(state)).map((state) => {
    const { icon, label } = stateFacts(state);
    // Typing must not hide states: it is about names.
    return {
      label: `$(${icon}) ${label()}`,
      description: formatCount(counts.get(state) ?? 0),
      state,
      alwaysShow: true,
    };
  });
  const pick = vscode.window.createQuickPick<StateItem>();
  pick.title = t('Filter packages');
  pick.placeholder = t('Part of a name; tick states to see only those');
  pick.canSelectMany = true;
  pick.items = items;
  pick.value = app.view.filter.name;
  pick.selectedItems = items.filter(({ state }) => app.view.filter.states.has(state));
  pick.onDidAccept(() => {
    app.view.set({ filter: { name: pick.value, states: new Set(pick.selectedItems.map(({ state }) => state)) } });
    pick.hide();
  });
  pick.onDidHide(() => pick.dispose());
  pick.show();
}
