import * as vscode from 'vscode';
import { type Grouping, GROUPINGS } from '../core/environments/group.ts';
import { SETTINGS } from './ids.ts';

const get = (name: string): unknown => vscode.workspace.getConfiguration().get(name);
const flag = (name: string, usual: boolean): boolean => {
  const value = get(name);
  return typeof value === 'boolean' ? value : usual;
};
const text = (name: string): string | undefined => {
  const value = get(name);
  return typeof value === 'string' ? value : undefined;
};

/** The user's settings, read anew at every question. */
export const settings = {
  nodePath: (): string | undefined => text(SETTINGS.nodePath)?.trim(),
  channels: (): string[] => {
    const list = get(SETTINGS.channels);
    return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
  },
  askRegistries: (): boolean => flag(SETTINGS.askRegistries, true),
  grouping: (): Grouping => GROUPINGS.find((grouping) => grouping === text(SETTINGS.groupBy)) ?? 'none',
  layout: (): 'v0' | 'v1' | 'both' =>
    (['v0', 'v1', 'both'] as const).find((layout) => layout === text(SETTINGS.layout)) ?? 'v0',
  codeLens: (): boolean => flag(SETTINGS.codeLens, true),
  statusBar: (): boolean => flag(SETTINGS.statusBar, true),
};

/** Keeps a setting of the user's, for all workspaces. */
export async function keepSetting(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration().update(name, value, vscode.ConfigurationTarget.Global);
}
