import type { ErrorDocument, ProgressValue } from '@condock/protocol';

/** What the daemon's main thread and the thread of the engine say to each other. Plain data only. */
export type ToWorker =
  | { type: 'call'; id: number; method: string; params: unknown; connection: string }
  | { type: 'cancel'; id: number }
  | { type: 'connection-closed'; connection: string }
  | { type: 'dispose' };

export type FromWorker =
  | { type: 'result'; id: number; result: unknown }
  | { type: 'error'; id: number; error: ErrorDocument }
  | { type: 'progress'; id: number; value: ProgressValue }
  | { type: 'notification'; name: string; params: unknown; connection: string | undefined }
  | { type: 'log'; line: LogLine }
  | { type: 'busy'; busy: boolean }
  | { type: 'disposed' };

export interface LogLine {
  level: 'info' | 'warn' | 'error';
  message: string;
  facts?: Record<string, string | number | boolean | null>;
}
