import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, it, onTestFailed } from 'vitest';
import { createTemporaryHome, type TemporaryHome } from '../../support/temporary-home.ts';
import { type Editor, type EditorOptions, startEditor } from './editor.ts';
import { openWindow, type Window } from './window.ts';

export const root = join(import.meta.dirname, '..', '..', '..');
const { CONDOCK_E2E_EDITOR: entry, CONDOCK_E2E_NODE: node, CONDOCK_E2E_VSIX: vsix } = process.env;
export const SCREENSHOTS = process.env.CONDOCK_E2E_SCREENSHOTS ?? join(root, 'artifacts', 'screenshots');

/** Whether there is an editor and a browser to play in. */
export const isReady = entry !== undefined && vsix !== undefined && existsSync('/usr/bin/chromium');

/** What the stories of one file play with: one editor, one window, one home of Condock's. There from `beforeAll` on. */
export interface Stage {
  /** A folder for whatever the file makes. */
  readonly home: string;
  readonly condock: TemporaryHome;
  readonly editor: Editor;
  readonly window: Window;
  /** A test. Where it fails, the screen and the daemon's log are kept. */
  story: (title: string, tell: () => Promise<void>, skip?: boolean) => void;
}

export interface StageOptions extends Pick<EditorOptions, 'settings' | 'trusts' | 'env'> {
  /** Makes what has to be there before the editor is. */
  prepare?: (home: string) => Promise<void>;
  /** Ends what `prepare` started, once the editor is gone. */
  strike?: () => Promise<void>;
}

export function setStage({ prepare, strike, ...options }: StageOptions): Stage {
  const home = mkdtempSync(join(tmpdir(), 'condock-e2e-'));
  const condock = createTemporaryHome();
  let editor: Editor;
  let window: Window;
  beforeAll(async () => {
    await prepare?.(home);
    editor = await startEditor({
      ...{ entry: entry!, node: node ?? process.execPath, vsix: vsix! },
      ...{ home: join(home, 'editor'), condockHome: condock.path, ...options },
    });
    window = await openWindow(SCREENSHOTS);
  });
  afterAll(async () => {
    await window[Symbol.asyncDispose]();
    await editor.stop();
    await condock[Symbol.asyncDispose]();
    await strike?.();
    rmSync(home, { recursive: true, force: true });
  });
  return {
    ...{ home, condock },
    get editor() {
      return editor;
    },
    get window() {
      return window;
    },
    story: (title, tell, skip = false) => {
      it.skipIf(skip)(title, async () => {
        onTestFailed(async () => {
          await window.screenshot(`failed-${title.replaceAll(/\W+/g, '-').slice(0, 60)}`);
          console.log(
            await readFile(join(condock.places.logs, 'condockd.log'), 'utf8').catch(() => 'The daemon wrote no log.'),
          );
        });
        await tell();
      });
    },
  };
}
