import { lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CondockError, judgeRuntimeDirectory } from '@condock/protocol';

/**
 * Makes the runtime directory where it is missing and checks that it is ours alone. Throws `insecure`, or
 * `daemon-unavailable` where it can't be made.
 */
export async function ensureRuntimeDirectory(path: string, uid: number | undefined): Promise<void> {
  try {
    await refuseForeignParent(path, uid);
    await mkdir(path, { recursive: true, mode: 0o700 });
    const facts = await lstat(path);
    const problem = judgeRuntimeDirectory(
      path,
      { isDirectory: facts.isDirectory(), uid: facts.uid, mode: facts.mode },
      uid,
    );
    if (problem !== undefined) throw problem;
  } catch (error) {
    if (error instanceof CondockError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CondockError('daemon-unavailable', `The daemon's runtime directory ${path} can't be used: ${reason}`, {
      hint: 'Set CONDOCK_HOME to a directory that you can write to, or use --no-daemon.',
      cause: error,
    });
  }
}

/**
 * Under sudo, XDG_RUNTIME_DIR may still name another user's directory: root could make ours in it, and would lock that
 * user out.
 */
async function refuseForeignParent(path: string, uid: number | undefined): Promise<void> {
  if (uid === undefined) return;
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    const facts = await lstat(parent).catch(() => undefined);
    if (facts === undefined && dirname(parent) !== parent) continue;
    if (facts !== undefined && facts.uid !== uid && facts.uid !== 0) {
      throw new CondockError('insecure', `${parent} belongs to another user (uid ${facts.uid}).`, {
        hint: 'Set CONDOCK_HOME, or XDG_RUNTIME_DIR, to a directory of your own.',
      });
    }
    return;
  }
}
