import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import type { Editor } from './support/editor.ts';
import type { SlowProxy } from './support/slow-proxy.ts';
import { startSlowRegistry } from './support/slow-registry.ts';
import { isReady, setStage } from './support/stage.ts';
import type { Window } from './support/window.ts';
import { createWorkspace, type Workspace } from './support/workspace.ts';

describe.skipIf(!isReady)('the first run in VS Code', () => {
  let proxy: SlowProxy;
  let asked = 0;
  let workspace: Workspace;
  const stage = setStage({
    trusts: false,
    prepare: async (home) => {
      proxy = await startSlowRegistry(home, () => (asked += 1));
      workspace = await createWorkspace(join(home, 'analysis'), proxy.host);
      asked = 0;
      await mkdir(join(home, 'empty'));
    },
    strike: async () => proxy[Symbol.asyncDispose](),
  });
  const { home, condock, story } = stage;
  let editor: Editor;
  let window: Window;
  beforeAll(() => {
    ({ editor, window } = stage);
  });
  const trust = async (answer: RegExp): Promise<void> => {
    await window.dialog().getByRole('button', { name: answer }).click();
    await window.dialog().waitFor({ state: 'detached' });
  };
  const link = (name: string) => window.page.getByRole('button', { name, exact: true }).first();

  story('says without a folder what to open, and shows the environments of the machine', async () => {
    const prefix = join(home, 'editor', 'miniconda3', 'envs', 'mine');
    await mkdir(join(prefix, 'conda-meta'), { recursive: true });
    await writeFile(join(prefix, 'conda-meta', 'history'), '');
    await mkdir(join(home, 'editor', '.conda'), { recursive: true });
    await writeFile(join(home, 'editor', '.conda', 'environments.txt'), `${prefix}\n`);
    await window.page.goto(editor.url());
    await window.showCondock();
    await window.page.getByText('Open a folder with a pixi workspace').waitFor();
    await window.page.getByText('You are not signed in to a registry.').waitFor();
    await window.screenshot('welcome-no-folder');
    await link('Show Environments of This Machine').click();
    await window.row('On this machine').waitFor();
    await window.row('On this machine').click();
    await window.row(/^mine|^miniconda3\/envs\/mine/).waitFor();
    await window.run('Condock: Hide Environments of This Machine');
    await window.page.getByText('Open a folder with a pixi workspace').waitFor();
    // The editor keeps what an extension remembers a moment later.
    await window.page.waitForTimeout(1500);
  });

  story('says in a folder without environments what there could be, and leads to the walkthrough', async () => {
    await window.page.goto(editor.url(join(home, 'empty')));
    await trust(/Yes, I trust/);
    await window.showCondock();
    await window.page.getByText('There is no environment here yet').waitFor();
    await window.screenshot('welcome-no-environment');
    await link('Get Started').click();
    await window.page.getByText('Get Started with Condock').first().waitFor();
    await window.page.getByText('Every package with its reference, its digest and one honest state.').first().waitFor();
    await window.screenshot('walkthrough');
    await window.run('View: Close All Editors');
  });

  story('says that the daemon does not answer, and why, and starts it once it can', async () => {
    await window.page.goto('about:blank');
    await editor.configure({ 'condock.nodePath': '/nowhere/node' });
    await condock.killAll();
    await window.page.goto(editor.url(join(home, 'empty')));
    await window.showCondock();
    await window.page.getByText('The Condock daemon does not answer.').first().waitFor();
    await window.toast('The program of the setting condock.nodePath').waitFor();
    await window.screenshot('welcome-daemon-down');
    expect(await condock.living()).toEqual([]);
    await window.closeToasts();
    await link('Start the Daemon').click();
    await window.toast('The program of the setting condock.nodePath').waitFor();
    await editor.configure({});
    await window.page.goto(editor.url(join(home, 'empty')));
    await window.showCondock();
    await window.page.getByText('There is no environment here yet').waitFor();
    expect(await condock.living()).toHaveLength(1);
  });

  story('asks no registry for a folder that is not trusted, and prefetches nothing there', async () => {
    await window.page.goto(editor.url(workspace.path));
    await trust(/No, I don't trust/);
    await window.showCondock();
    const environment = window.row(/^analysis.*12 packages, 0 cached/);
    await environment.waitFor();
    await environment.click();
    await window.row('numpy 2.2.1, Not checked').waitFor();
    await window.screenshot('restricted');
    await window.palette('Condock: ', 'Condock: Refresh Environments');
    expect(await window.page.getByRole('option', { name: 'Condock: Prefetch Environment' }).count()).toBe(0);
    await window.page.keyboard.press('Escape');
    await window.row('numpy 2.2.1').click();
    await window.toast('This folder is not trusted').waitFor();
    await window.closeToasts();
    await window.find('pixi.toml');
    await window.page.locator('.codelens-decoration a', { hasText: 'Prefetch environment' }).first().click();
    await window.toast('This folder is not trusted').waitFor();
    expect(asked).toBe(0);
    await rm(join(workspace.path, 'pixi.lock'));
    await expect.poll(() => window.row('numpy 2.2.1').count()).toBe(0);
  });
});
