import { CondockError } from '@condock/protocol';
import type { DaemonCommand } from '@condock/client';
import { t } from '../l10n.ts';

export interface ChooseNodeParts {
  /** What the user set, if anything. */
  configured: string | undefined;
  /** The version that a program says of itself (`v20.19.0`); undefined where it is no Node or does not start. */
  versionOf: (program: string) => Promise<string | undefined>;
  /** The program that runs us, and the version of Electron if it is one. */
  own: { execPath: string; electron: string | undefined };
}

/** The oldest Node that the daemon runs on. */
const OLDEST = [20, 19] as const;

/**
 * The command that starts a daemon: by the Node that the user set, else `node` on PATH, else by the editor's own. A real Node
 * is preferred because a daemon outlives its editor, whose program may be replaced by an update meanwhile.
 * Rejects with `config-invalid` where the user's own choice can't be used: another in its place would surprise.
 */
export async function chooseNode(script: string, parts: ChooseNodeParts): Promise<DaemonCommand> {
  const { configured, versionOf, own } = parts;
  if (configured !== undefined && configured !== '') {
    const version = await versionOf(configured);
    if (isUsable(version)) return { command: configured, args: [script] };
    const found = version === undefined ? t('it does not start, or is no Node') : t('it is {0}', version);
    throw new CondockError(
      'config-invalid',
      t('The program of the setting condock.nodePath ({0}) can not be used: {1}.', configured, found),
      { hint: t('Set it to a Node of version 20.19 or newer, or leave it empty.') },
    );
  }
  if (isUsable(await versionOf('node'))) return { command: 'node', args: [script] };
  const env = own.electron === undefined ? {} : { env: { ELECTRON_RUN_AS_NODE: '1' } };
  return { command: own.execPath, args: [script], ...env };
}

export function isUsable(version: string | undefined): boolean {
  const match = /^v(\d+)\.(\d+)\.\d+/.exec(version ?? '');
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
