import type { ProgressValue } from '@condock/protocol';
import * as vscode from 'vscode';
import { createProgressMeter } from '../core/progress-meter.ts';

export interface ProgressTask<T> {
  title: string;
  /** What is counted; packages where nothing is said. */
  unit?: 'packages' | 'blobs';
  run: (options: { signal: AbortSignal; onProgress: (value: ProgressValue) => void }) => Promise<T>;
}

/** Shows a task as a notification with amounts, rate and a button to cancel. */
export async function withProgress<T>({ title, unit, run }: ProgressTask<T>): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return await vscode.window.withProgress(options, async (progress, token) => {
    const abort = new AbortController();
    const meter = createProgressMeter(Date.now, unit);
    token.onCancellationRequested(() => abort.abort());
    return await run({
      signal: abort.signal,
      onProgress: (value) => {
        const { text, increment } = meter(value);
        progress.report({ message: text, ...(increment === undefined ? {} : { increment }) });
      },
    });
  });
}
