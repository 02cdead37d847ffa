import type * as vscode from 'vscode';

const KEY = 'condock.published';
const KEPT = 20;

/** What was published from this window's workspace, the newest first, by channel. */
export function publishedHere(context: vscode.ExtensionContext): {
  list: (channel: string) => string[];
  add: (channel: string, references: readonly string[]) => Promise<void>;
  channels: () => string[];
  forget: (channel: string) => Promise<void>;
} {
  const all = (): Record<string, string[]> => context.workspaceState.get<Record<string, string[]>>(KEY) ?? {};
  return {
    list: (channel) => all()[channel] ?? [],
    channels: () => Object.keys(all()),
    forget: async (channel) => {
      await context.workspaceState.update(KEY, without(all(), channel));
    },
    add: async (channel, references) => {
      const before = all();
      const list = [...new Set([...references, ...(before[channel] ?? [])])].slice(0, KEPT);
      // The channel that was used last stands first.
      await context.workspaceState.update(KEY, { [channel]: list, ...without(before, channel) });
    },
  };
}

const without = (record: Record<string, string[]>, key: string): Record<string, string[]> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
