import type * as vscode from 'vscode';
import type { EnvironmentsModel } from '../core/environments/environments-model.ts';
import type { Ends } from '../core/listeners.ts';
import type { PackageFilter } from '../core/environments/filter.ts';
import type { EnvironmentTarget } from '../core/environments/target.ts';
import type { EnvironmentPackage } from '@condock/protocol';
import type { Daemon } from './daemon.ts';

/** What the parts of the extension share. */
export interface App {
  readonly context: vscode.ExtensionContext;
  readonly daemon: Daemon;
  readonly model: EnvironmentsModel;
  readonly log: vscode.LogOutputChannel;
  readonly view: ViewState;
  /** The subdir of this machine. */
  readonly here: string;
  /** Shows a failure with its hint, and with buttons that help; `retry` is what stands behind "Try Again". */
  showError(error: unknown, retry?: () => Promise<unknown>): Promise<void>;
  /** Looks again at folders and the machine, then lists again what was listed. */
  refresh(): Promise<void>;
  openPackage(request: PackageRequest): Promise<void>;
}

export interface PackageRequest {
  /** `oci://` reference, URL, or path of an archive. */
  target: string;
  title: string;
  entry?: EnvironmentPackage | undefined;
  environment?: EnvironmentTarget | undefined;
}

export interface ViewState {
  filter: PackageFilter;
  showsMachine: boolean;
  onDidChange: (listener: () => void) => Ends;
  set(change: { filter?: PackageFilter; showsMachine?: boolean }): void;
}
