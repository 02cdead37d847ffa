import { closeSync, writeSync } from 'node:fs';
import type { CondockError, StarterReport } from '@condock/protocol';
import { STARTER_FD_VARIABLE } from '@condock/protocol';

export interface ReportOptions {
  env: Record<string, string | undefined>;
  write?: (fd: number, text: string) => void;
}

/**
 * Tells the process that started this one how it went, once: one line of JSON on the inherited descriptor that
 * `CONDOCK_STARTER_FD` names, which is then closed. Does nothing where nobody asked (a daemon started by hand).
 * The variable is removed, so that no child of ours takes the number for its own.
 */
export function reportToStarter(report: StarterReport, options: ReportOptions = { env: process.env }): void {
  const text = options.env[STARTER_FD_VARIABLE];
  if (text === undefined || !/^\d{1,4}$/.test(text)) return;
  Reflect.deleteProperty(options.env, STARTER_FD_VARIABLE);
  try {
    (options.write ?? writeAndClose)(Number(text), `${JSON.stringify(report)}\n`);
  } catch {
    // The starter has gone; the daemon serves others.
  }
}

function writeAndClose(fd: number, text: string): void {
  writeSync(fd, text);
  closeSync(fd);
}

/** What a failed start says. */
export function failedStart(error: CondockError): StarterReport {
  return { state: 'failed', error: error.toJSON() };
}
