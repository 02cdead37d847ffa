import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CondockError } from '@condock/protocol';

export interface DaemonCommand {
  command: string;
  args: readonly string[];
  /** Added to what the daemon's environment holds. */
  env?: Readonly<Record<string, string>>;
}

const SCRIPT = ['@condock', 'daemon', 'bin', 'condockd.js'] as const;

/**
 * The daemon that is installed beside this client, or beside the program that runs; under the Node that runs now.
 * Throws `daemon-unavailable` where there is none.
 */
export function defaultDaemonCommand(program: string | undefined = process.argv[1]): DaemonCommand {
  const from = [import.meta.url, ...(program === undefined ? [] : [pathToFileURL(program).href])];
  for (const url of from) {
    // The folders that Node itself would look in; the script is not among the package's exports.
    for (const folder of createRequire(url).resolve.paths(SCRIPT.join('/')) ?? []) {
      const script = join(folder, ...SCRIPT);
      if (existsSync(script)) return nodeCommand(script);
    }
  }
  throw new CondockError('daemon-unavailable', 'The package @condock/daemon is not installed.', {
    hint: 'Install it beside @condock/client, or say which command starts the daemon.',
  });
}

/** A script under the Node that runs now; inside an editor that is Electron, which has to be told to be Node. */
export function nodeCommand(script: string): DaemonCommand {
  return {
    command: process.execPath,
    args: [script],
    ...(process.versions.electron === undefined ? {} : { env: { ELECTRON_RUN_AS_NODE: '1' } }),
  };
}
