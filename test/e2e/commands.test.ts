import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, connect } from '@condock/client';
import { type RunningRegistry, startRegistry } from '@condock/daemon';
import { beforeAll, describe, expect } from 'vitest';
import type { Editor } from './support/editor.ts';
import { isReady, setStage } from './support/stage.ts';
import type { Window } from './support/window.ts';
import { createWorkspace, type Workspace } from './support/workspace.ts';

describe.skipIf(!isReady)('commands in VS Code', () => {
  let registry: RunningRegistry;
  let workspace: Workspace;
  const stage = setStage({
    prepare: async (home) => {
      registry = await startRegistry({ directory: join(home, 'registry') });
      workspace = await createWorkspace(join(home, 'analysis'), registry.host);
      await mkdir(join(home, 'exported'));
    },
    strike: () => registry.stop(),
  });
  const { home, condock, story } = stage;
  let editor: Editor;
  let window: Window;
  beforeAll(() => {
    ({ editor, window } = stage);
  });

  /** Another program that uses the same daemon. */
  const another = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = await connect({ client: { name: 'another', version: '0' }, env: condock.env, start: false });
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };
  const expand = async (row: string | RegExp): Promise<void> => {
    await window.row(row).waitFor();
    if ((await window.row(row).getAttribute('aria-expanded')) === 'false') await window.row(row).click();
  };

  story('groups packages by state, what needs attention first, and by channel', async () => {
    await window.open(editor.url(workspace.path));
    await window.showCondock();
    await expand(/^analysis.*12 packages, 0 cached/);
    await window.row('numpy 2.2.1, Available').waitFor();
    await window.run('Condock: Group Packages…');
    await window.choose(/^By state/);
    await expand(/^Absent.*1/);
    await expand(/^Available.*11/);
    await window.row('my-tool 0.1.0, Absent').waitFor();
    await window.screenshot('grouped');
    await window.run('Condock: Group Packages…');
    await window.choose(/^By channel/);
    await window.row(/^oci:\/\/.*\/team/).waitFor();
    await window.run('Condock: Group Packages…');
    await window.choose(/^Not at all/);
    await window.row('numpy 2.2.1, Available').waitFor();
  });

  story('copies reference, digest and a command that pulls, and opens the registry', async () => {
    const numpy = window.row('numpy 2.2.1');
    const reference = `${registry.host}/team/noarch/numpy:2.2.1-py312h7e784f5_0`;
    await window.menu(numpy, 'Copy Reference', () => window.screenshot('package-menu'));
    await expect.poll(() => window.clipboard()).toBe(`oci://${reference}`);
    await window.menu(numpy, 'Copy Digest');
    await expect.poll(() => window.clipboard()).toMatch(/^sha256:[0-9a-f]{64}$/);
    await window.menu(numpy, 'Copy Pull Command');
    await expect.poll(() => window.clipboard()).toBe(`oras pull ${reference}`);
  });

  story('prefetches what is selected, and nothing else', async () => {
    await window.row('numpy 2.2.1').click();
    await window.row('pip 24.3.1').click({ modifiers: ['Control'] });
    await window.menu(window.row('pip 24.3.1'), 'Prefetch');
    await window.toast(/Fetched 2 packages/).waitFor();
    await window.row('numpy 2.2.1, Cached').waitFor();
    await window.row('pip 24.3.1, Cached').waitFor();
    await window.row('scipy 1.15.0, Available').waitFor();
    await window.closeToasts();
  });

  story('follows what another program fetches, without being asked', async () => {
    await another((client) => client.request('prefetch/run', { path: workspace.path, environment: 'default' }));
    await window.row('scipy 1.15.0, Cached').waitFor();
    await window.row(/^analysis.*12 packages, 11 cached, 1 problem/).waitFor();
  });

  story('looks inside an archive from the explorer', async () => {
    await window.page.keyboard.press('Control+Shift+E');
    for (const name of ['output', 'output/noarch']) {
      const folder = window.row(name.split('/').at(-1)!);
      if ((await folder.count()) > 0 && (await folder.getAttribute('aria-expanded')) === 'false') await folder.click();
    }
    await window.menu(window.row(/my-tool-0\.1\.0-h1_0\.conda/), 'Look Inside Package');
    const page = window.webview();
    await page.getByRole('heading', { name: 'my-tool 0.1.0' }).waitFor();
    await page.getByRole('tab', { name: 'Manifest' }).click();
    await page.getByText('It was opened from a file').waitFor();
    await window.screenshot('inside-a-file');
    await window.run('View: Close All Editors');
    await window.showCondock();
  });

  story('compares a lock with what is installed of it', async () => {
    await window.menu(window.row(/^analysis/), 'Compare Lock With Installed Prefix');
    const report = window.webview();
    await report.getByText('9 alike, 0 different, 3 not installed, 0 not in the lock.').waitFor();
    await report.getByRole('row', { name: /my-tool 0\.1\.0 h1_0 —/ }).waitFor();
    await window.screenshot('comparison');
    await window.run('View: Close All Editors');
  });

  story('exports the store as an image layout', async () => {
    await window.run('Condock: Export Cache…');
    await window.answerFolder(join(home, 'exported'), 'Export Here');
    await window.toast(/Exported \d+ blobs, 1\d MB, as an OCI image layout to .*exported/).waitFor();
    const layout: unknown = JSON.parse(await readFile(join(home, 'exported', 'condock-export', 'oci-layout'), 'utf8'));
    expect(layout).toEqual({ imageLayoutVersion: '1.0.0' });
    await window.closeToasts();
  });

  story('verifies the store, sets aside what is damaged, and shows it as missing', async () => {
    await window.page.getByRole('button', { name: 'Cache Section' }).click();
    await window.row(/^On disk, 1\d MB in \d+ blobs/).waitFor();
    await window.run('Condock: Verify Cache');
    await window.toast(/Verified: \d+ blobs, all sound/).waitFor();
    await window.closeToasts();
    const { sha256 } = workspace.packages.find(({ fileName }) => fileName.startsWith('scipy-'))!;
    const { path } = await another((client) => client.request('cache/status', {}));
    await writeFile(join(path, 'blobs', 'sha256', sha256), 'spoilt');
    await window.run('Condock: Verify Cache');
    await window.toast('Damaged and set aside: 1 blob.').waitFor();
    await window.row('scipy 1.15.0, Available').waitFor();
    await window.row(/^Verified, 1 of \d+ blobs damaged and set aside/).waitFor();
    await window.screenshot('cache-damaged');
    await window.closeToasts();
  });

  story('collects what nothing needs, once it was said what would go', async () => {
    await window.run('Condock: Collect Cache…');
    await window.screenshot('collect-choice');
    await window.choose(/^Everything but what is pinned/);
    await window
      .dialog()
      .getByText(/\d+ blobs would go/)
      .waitFor();
    await window.screenshot('collect-question');
    await window
      .dialog()
      .getByRole('button', { name: /^Free 1\d MB|^Free \d(\.\d)? MB/ })
      .click();
    await window.toast(/MB are free again/).waitFor();
    await window.row('python 3.12.8, Available').waitFor();
    await window.closeToasts();
  });

  story('keeps channels of the user, counts what they hold, and gives a URL for conda', async () => {
    const channel = `${registry.host}/team`;
    await window.run('Condock: Add a Channel…');
    await window.answer(`oci://${channel}`);
    await expand(new RegExp(`^${channel}`));
    await window.row(/^noarch.*11 packages/).waitFor();
    await window.screenshot('channels');
    await window.menu(window.row(new RegExp(`^${channel}`)), 'Copy Loopback URL');
    await expect.poll(() => window.clipboard()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    await window.closeToasts();
    await window.menu(window.row(new RegExp(`^${channel}`)), 'Test a Registry…');
    await window.dialog().getByText('Asked as: anonymous').waitFor();
    await window.screenshot('registry-test');
    await window.page.keyboard.press('Escape');
    await window.menu(window.row(new RegExp(`^${channel}`)), 'Remove Channel From This List');
    await expect.poll(() => window.row(new RegExp(`^${channel}`)).count()).toBe(0);
  });

  story('makes a report of itself that holds no path of the user', async () => {
    await window.run('Condock: Diagnose');
    await window.page.locator('.view-line', { hasText: 'Condock diagnosis' }).waitFor();
    await window.screenshot('diagnosis');
    await window.press(window.toast('This can be pasted in a bug report'), 'Copy');
    await expect.poll(() => window.clipboard()).toMatch(/^## Condock diagnosis/);
    const report = await window.clipboard();
    expect(report).toMatch(/pixi-workspace: 12 packages \(.*1 absent/);
    expect(report).not.toContain(join(home, 'editor'));
    await window.run('View: Close All Editors');
  });

  story('shows the log, and starts another daemon when asked to', async () => {
    await window.run('Condock: Show Log');
    await window.page.getByRole('tab', { name: 'condockd.log' }).waitFor();
    await window.run('View: Close All Editors');
    const [before] = await condock.living();
    await window.run('Condock: Restart Daemon');
    await expect.poll(async () => (await condock.living()).filter((pid) => pid !== before)).toHaveLength(1);
    await expect.poll(() => existsSync(`/proc/${String(before)}`)).toBe(false);
    await workspace.lock(workspace.packages);
    await window.row(/^analysis.*11 packages/).waitFor();
  });
});
