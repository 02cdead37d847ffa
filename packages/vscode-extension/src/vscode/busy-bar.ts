import * as vscode from 'vscode';
import type { EnvironmentsModel } from '../core/environments/environments-model.ts';
import type { Ends } from '../core/listeners.ts';
import { VIEWS } from './ids.ts';

/** The thin bar at the top of the view: it moves while anything is looked for or asked. */
export function createBusyBar(model: EnvironmentsModel): Ends & { update(): void } {
  let end: (() => void) | undefined;
  const stop = (): void => {
    end?.();
    end = undefined;
  };
  const isBusy = (): boolean =>
    model.status === 'loading' || model.loaded().some(([, { status }]) => status === 'loading' || status === 'listed');
  return {
    update: () => {
      if (!isBusy()) stop();
      else if (end === undefined) {
        const done = new Promise<void>((resolve) => (end = resolve));
        void vscode.window.withProgress({ location: { viewId: VIEWS.environments } }, () => done);
      }
    },
    dispose: stop,
  };
}
