import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { dockerRegistryMissing, type DockerRegistry, startDockerRegistry } from '../real/support/docker-registry.ts';
import { buildPackages, buildPixiLock } from '../support/packages/index.ts';
import type { Editor } from './support/editor.ts';
import type { SlowProxy } from './support/slow-proxy.ts';
import { startSlowRegistry } from './support/slow-registry.ts';
import { isReady, root, SCREENSHOTS, setStage } from './support/stage.ts';
import type { Window } from './support/window.ts';
import { createLargeWorkspace, createWorkspace, publish, type Workspace } from './support/workspace.ts';

if (!isReady) console.log('Skipped: the extension in VS Code. Run it with "npm run test:e2e".');
/** A name for the screenshots, what the workbench calls itself, and the theme's name in the settings. */
const THEMES = [
  ['light', 'vs', 'Default Light Modern'],
  ['high-contrast', 'hc-black', 'Default High Contrast'],
] as const;
/** What the extension's README shows, and which screenshot it is. `CONDOCK_E2E_README=1` takes them anew. */
const README = [
  ['environments', 'environments-dark'],
  ['package', 'package-files'],
  ['sizes', 'sizes'],
  ['prefetch', 'prefetch-progress'],
  ['hover', 'hover'],
  ['publish', 'publish-plan'],
] as const;
const noDocker = dockerRegistryMissing('htpasswd');
if (isReady && noDocker !== undefined) console.log(`Skipped: signing in from the editor. ${noDocker}`);

describe.skipIf(!isReady)('the extension in VS Code', () => {
  let docker: DockerRegistry | undefined;
  let proxy: SlowProxy;
  let workspace: Workspace;
  const stage = setStage({
    prepare: async (home) => {
      proxy = await startSlowRegistry(home);
      workspace = await createWorkspace(join(home, 'analysis'), proxy.host);
      if (noDocker === undefined) {
        docker = await startDockerRegistry({ auth: 'htpasswd' });
        await createPrivateWorkspace(docker, join(home, 'private'));
      }
      await createLargeWorkspace(join(home, 'large'), 5000);
    },
    strike: async () => {
      await docker?.stop();
      await proxy[Symbol.asyncDispose]();
    },
  });
  const { home, condock, story } = stage;
  let editor: Editor;
  let window: Window;
  beforeAll(() => {
    ({ editor, window } = stage);
  });

  afterAll(async () => {
    if (process.env.CONDOCK_E2E_README === undefined) return;
    const folder = join(root, 'packages', 'vscode-extension', 'media', 'screenshots');
    await mkdir(folder, { recursive: true });
    for (const [name, shot] of README) await copyFile(join(SCREENSHOTS, `${shot}.png`), join(folder, `${name}.png`));
  });

  story('starts no daemon for a folder, and one when its view is seen', async () => {
    await window.open(editor.url(workspace.path));
    await window.page.waitForTimeout(500);
    expect(await condock.living()).toEqual([]);
    await window.showCondock();
    await window.row('analysis').waitFor();
    expect(await condock.living()).toHaveLength(1);
  });

  story('shows every package with its state, and counts at a glance', async () => {
    const environment = window.row(/analysis.*12 packages, 0 cached, .* to go, 1 problem/);
    await environment.waitFor();
    await environment.click();
    await window.row('numpy 2.2.1, Available').waitFor();
    await window.row('my-tool 0.1.0, Absent').waitFor();
    await window.page.locator('.statusbar-item', { hasText: '0/12' }).waitFor();
    await window.screenshot('environments-dark');
  });

  story('prefetches with progress, is cancelled, and goes on from there', async () => {
    proxy.bytesPerSecond = 1_500_000;
    await window.run('Condock: Prefetch Environment');
    await window.choose(/^default/);
    const progress = window.toast('Prefetching');
    await progress.getByText(/of \d+ packages, .* of \d+ MB, .*\/s/).waitFor();
    await window.screenshot('prefetch-progress');
    await window.press(progress, 'Cancel');
    await window.toast('Prefetching was cancelled').waitFor();
    await window.closeToasts();
    const held = await partial();
    expect(held.bytes + held.partial).toBeGreaterThan(0);
    proxy.bytesPerSecond = Infinity;
    await window.run('Condock: Prefetch Environment');
    await window.choose(/^default/);
    await window.toast(/Fetched \d+ packages/).waitFor();
    await window.row('numpy 2.2.1, Cached').waitFor();
    await window.row(/analysis.*12 packages, 11 cached, 1 problem/).waitFor();
    await window.screenshot('prefetched');
    await window.closeToasts();
  });

  /** What the store holds, as the daemon says it in the Cache view. */
  const partial = async (): Promise<{ bytes: number; partial: number }> => {
    const { connect } = await import('@condock/client');
    const client = await connect({ client: { name: 'test', version: '0' }, env: condock.env, start: false });
    const status = await client.request('cache/status', {});
    await client.close();
    return status;
  };

  story('opens the page of a package: dependencies both ways, files as a tree, manifest and layers', async () => {
    await window.row('numpy 2.2.1').click();
    const page = window.webview();
    await page.getByRole('heading', { name: 'numpy 2.2.1' }).waitFor();
    await window.screenshot('package-about');
    await page.getByRole('tab', { name: /Dependencies/ }).click();
    await page.getByRole('cell', { name: /python 3\.12\.8/ }).waitFor();
    await page.getByRole('button', { name: /Find what needs numpy/ }).click();
    await page.getByRole('cell', { name: /scipy 1\.15\.0/ }).waitFor();
    await window.screenshot('package-dependencies');
    await page.getByRole('tab', { name: /Files/ }).click();
    const folder = page.getByRole('treeitem', { name: /^lib\/python3\.12\/site-packages\/numpy/ });
    await folder.focus();
    if ((await folder.getAttribute('aria-expanded')) === 'false') await window.page.keyboard.press('ArrowRight');
    await window.page.keyboard.press('ArrowRight');
    await window.page.keyboard.press('ArrowRight');
    await page
      .getByRole('treeitem', { name: /^api\.py/ })
      .first()
      .waitFor();
    await window.screenshot('package-files');
    await page.getByRole('tab', { name: 'Manifest' }).click();
    await page.getByRole('row', { name: /Archive.*cached/ }).waitFor();
    await window.screenshot('package-manifest');
  });

  story('draws the environment by size', async () => {
    await window.run('Condock: Show Sizes');
    await window.choose(/^default/);
    const page = window.webview();
    await page.locator('[data-open=scipy].tile').waitFor();
    await window.screenshot('sizes');
  });

  story('follows the lock when it is edited', async () => {
    await workspace.lock(workspace.packages.slice(0, -1));
    await window.row(/analysis.*10 packages, all cached|analysis.*10 packages/).waitFor();
    await expect.poll(() => window.row('my-tool').count()).toBe(0);
    await workspace.lock([...workspace.packages, workspace.own]);
    await window.row('my-tool 0.1.0, Absent').waitFor();
  });

  story('publishes a build from the explorer, which then is available', async () => {
    await window.page.keyboard.press('Control+Shift+E');
    for (const name of ['output', 'output/noarch']) {
      const folder = window.row(name.split('/').at(-1)!);
      if ((await folder.count()) > 0 && (await folder.getAttribute('aria-expanded')) === 'false') await folder.click();
    }
    const file = window.row(/my-tool-0\.1\.0-h1_0\.conda/);
    await window.menu(file, 'Publish to Registry…', () => window.screenshot('explorer-menu'));
    await window.answer(`oci://${proxy.host}/team`);
    await window.choose(/^v0/);
    const dialog = window.page.locator('.monaco-dialog-box');
    await dialog.getByText(/blobs to upload/).waitFor();
    await window.screenshot('publish-plan');
    await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
    await window.toast(/Published oci:.*my-tool/).waitFor();
    await window.screenshot('published');
    await window.press(window.toast(/Published oci:/), 'Copy Reference');
    await expect
      .poll(() => window.page.evaluate('navigator.clipboard.readText()'))
      .toContain('/team/noarch/my-tool:0.1.0-h1_0');
    await window.showCondock();
    await window.row('my-tool 0.1.0, Available').waitFor();
  });

  story('tells over a lock and a manifest what is known, and offers to prefetch', async () => {
    await window.find('pixi.lock');
    await window.page.getByText(/Prefetch environment \(1 of 12 missing/).waitFor();
    await window.find('pixi.toml');
    await window.page.locator('.view-line', { hasText: 'numpy' }).getByText('numpy').hover();
    await window.page.locator('.monaco-hover', { hasText: 'oci://' }).first().waitFor();
    await window.page.waitForTimeout(500);
    await window.screenshot('hover');
  });

  story('gets a new daemon when the old one is killed', async () => {
    const [before] = await condock.living();
    process.kill(before!, 'SIGKILL');
    await expect.poll(() => condock.living()).not.toContain(before);
    await expect.poll(async () => (await condock.living()).length).toBe(1);
    await window.run('Condock: Refresh Environments');
    await window.row('my-tool 0.1.0, Available').waitFor();
    await workspace.lock(workspace.packages);
    await expect.poll(() => window.row('my-tool').count()).toBe(0);
    await window.screenshot('new-daemon');
  });

  story(
    'asks for a sign-in after a 401, keeps the secret where the user says, and then shows what is there',
    async () => {
      await window.open(editor.url(join(home, 'private')));
      await window.showCondock();
      const environment = window.row(/private.*2 packages/);
      await environment.waitFor();
      await environment.click();
      await window.row('secret-lib 1.0, Sign-in needed').waitFor();
      await window.screenshot('login-required');
      await window.run('Condock: Sign In to a Registry…');
      await window.answer(docker!.host);
      await window.answer(docker!.username);
      await window.answer('not the password');
      await window.page.waitForTimeout(300);
      const refused = window.toast(/refused|denied|not|401/i);
      await refused.waitFor();
      await window.screenshot('login-refused');
      await window.closeToasts();
      await window.run('Condock: Sign In to a Registry…');
      await window.answer(docker!.host);
      await window.answer(docker!.username);
      await window.answer(docker!.password);
      const dialog = window.page.locator('.monaco-dialog-box');
      await dialog.waitFor();
      await window.screenshot('keychain-missing');
      await dialog.getByRole('button', { name: 'Keep in Memory' }).click();
      await window.toast(/Signed in to/).waitFor();
      await window.row('secret-lib 1.0, Available').waitFor();
      await window.row(docker!.host).waitFor();
      await window.screenshot('signed-in');
    },
    noDocker !== undefined,
  );

  story(
    'signs out at the row of the session, and then says of what is private what it knows without',
    async () => {
      const session = window.row(new RegExp(`^${docker!.host}.*${docker!.username}`));
      await session.waitFor();
      await window.menu(session, 'Sign Out of a Registry…', () => window.screenshot('session-menu'));
      await window.toast(`Signed out of ${docker!.host}`).waitFor();
      await window.row('secret-lib 1.0, Sign-in needed').waitFor();
      await expect.poll(() => session.count()).toBe(0);
      await window.screenshot('signed-out');
      await window.closeToasts();
    },
    noDocker !== undefined,
  );

  story('lists 5,000 packages to the last one, and filters them', async () => {
    await window.open(editor.url(join(home, 'large')));
    await window.showCondock();
    const environment = window.row(/large.*5,000 packages/);
    await environment.waitFor();
    await environment.click();
    await window.row('package-0000').waitFor();
    await window.screenshot('5000-packages');
    await window.page.keyboard.press('End');
    await window.row('package-4999').waitFor();
    await window.run('Condock: Filter Packages…');
    await window.answer('package-004');
    await window.row('10 of 5,000 shown').waitFor();
    await window.screenshot('filtered');
    await window.run('Condock: Clear Filter');
  });

  story('is readable in light and high contrast themes, and in a narrow side bar', async () => {
    for (const [name, workbench, theme] of THEMES) {
      await editor.configure({ 'workbench.colorTheme': theme });
      await window.open(editor.url(workspace.path));
      await window.page.locator(`.monaco-workbench.${workbench}`).first().waitFor();
      await window.showCondock();
      const environment = window.row(/analysis.*11 packages/);
      await environment.waitFor();
      if ((await environment.getAttribute('aria-expanded')) === 'false') await environment.click();
      await window.row('numpy 2.2.1').click();
      const page = window.webview();
      await page.getByRole('heading', { name: 'numpy 2.2.1' }).waitFor();
      await window.page.waitForTimeout(400);
      await window.screenshot(`package-${name}`);
      await window.run('Condock: Show Sizes');
      await window.choose(/^default/);
      await window.webview().locator('[data-open=scipy].tile').waitFor();
      await window.screenshot(`sizes-${name}`);
      await window.run('View: Close All Editors');
    }
    await editor.configure({});
    const sash = window.page.locator('.monaco-sash.vertical:not(.disabled)').first();
    const box = await sash.boundingBox();
    await window.page.mouse.move(box!.x + 2, 400);
    await window.page.mouse.down();
    await window.page.mouse.move(225, 400, { steps: 5 });
    await window.page.mouse.up();
    await window.screenshot('narrow');
  });
});

async function createPrivateWorkspace(docker: DockerRegistry, path: string): Promise<void> {
  const packages = await buildPackages([{ name: 'secret-lib' }, { name: 'other-lib' }], `${path}-packages`);
  const channelUrl = `oci://${docker.host}/private`;
  const login = { host: docker.host, username: docker.username, secret: docker.password };
  await publish(
    packages.map((built) => built.path),
    channelUrl,
    `${path}-seed`,
    login,
  );
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'pixi.lock'), buildPixiLock(packages, { channelUrl, platform: 'linux-64', version: 6 }));
}
