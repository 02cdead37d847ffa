import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';

/** The one window of VS Code that the suite drives, as a person would: by what is on the screen. */
export interface Window extends AsyncDisposable {
  readonly page: Page;
  open(url: string): Promise<void>;
  /** Shows Condock's views. */
  showCondock(): Promise<void>;
  /** A row of any tree, by the beginning of what is spoken of it. */
  row(name: string | RegExp): Locator;
  /** Opens the palette on these words; `entry` is what must be listed. */
  palette(words: string, entry: string): Promise<Locator>;
  /** Runs a command of the palette by its title. */
  run(command: string): Promise<void>;
  /** Answers the box that is open and goes on. */
  answer(text: string): Promise<void>;
  /** Answers the box that asks for a folder. */
  answerFolder(path: string, button: string): Promise<void>;
  /** Chooses an entry of the list that is open. */
  choose(entry: string | RegExp): Promise<void>;
  /** Opens the menu of a row and chooses an entry of it; `look` sees it open. */
  menu(row: Locator, entry: string, look?: () => Promise<void>): Promise<void>;
  /** Opens a file of the workspace by its name. */
  find(file: string): Promise<void>;
  toast(text: string | RegExp): Locator;
  /** Clicks a button of a toast. */
  press(toast: Locator, button: string): Promise<void>;
  closeToasts(): Promise<void>;
  /** What was copied last. */
  clipboard(): Promise<string>;
  /** The question that stands before everything else. */
  dialog(): Locator;
  /** The page that Condock shows beside the editors. */
  webview(): FrameLocator;
  screenshot(name: string): Promise<void>;
}

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--force-color-profile=srgb'],
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export async function openWindow(screenshots: string): Promise<Window> {
  const browser: Browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  const context = await browser.newContext({
    ...{ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'] },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await mkdir(screenshots, { recursive: true });
  const box = page.locator('.quick-input-widget');

  const list = async (words: string, entry: string): Promise<Locator> => {
    await page.keyboard.press('F1');
    await box.locator('input').first().fill(`>${words}`, { timeout: 5000 });
    const option = box.getByRole('option', { name: entry }).first();
    await option.waitFor({ timeout: 10_000 });
    return option;
  };

  const window: Window = {
    page,
    open: async (url) => {
      await page.goto(url);
      await page.locator('.statusbar-item[id="condock.condock.summary"]').waitFor({ timeout: 60_000 });
    },
    showCondock: async () => {
      const tab = page.locator('.activitybar a.action-label[aria-label^="Condock"]');
      if ((await page.locator('.sidebar .composite.title', { hasText: 'Condock' }).count()) === 0) await tab.click();
      await page.getByRole('button', { name: 'Environments Section' }).waitFor();
    },
    row: (name) => {
      const pattern = typeof name === 'string' ? new RegExp(`^${escape(name)}`) : name;
      return page.getByRole('treeitem', { name: pattern }).first();
    },
    palette: (words, entry) => again(page, () => list(words, entry)),
    run: (command) => again(page, async () => (await list(command, command)).click({ timeout: 5000 })),
    answer: async (text) => {
      const input = box.locator('input:not([type=checkbox])').first();
      await input.waitFor();
      await input.fill(text);
      await page.waitForTimeout(150);
      await page.keyboard.press('Enter');
    },
    answerFolder: async (path, button) => {
      const input = box.locator('input:not([type=checkbox])').first();
      await input.waitFor();
      // It begins with a folder of its own, looks into what is typed, and mends it meanwhile.
      await box.getByRole('option', { name: '..' }).first().waitFor();
      do {
        await input.fill(`${path}/`);
        await page.waitForTimeout(700);
      } while ((await input.inputValue()) !== `${path}/`);
      await box.getByRole('button', { name: button }).click();
    },
    choose: async (entry) => {
      await box.getByRole('option', { name: entry }).first().click();
    },
    menu: async (row, entry, look) => {
      await row.waitFor();
      // A tree that is just drawn anew gives the menu of the view instead of the row's.
      await page.waitForTimeout(400);
      await row.click({ button: 'right' });
      const item = page.locator('.monaco-menu').getByRole('menuitem', { name: entry, exact: true });
      await item.waitFor();
      await look?.();
      // A menu takes no click in its first moment, so that the click that opened it chooses nothing.
      do {
        await page.waitForTimeout(150);
        await item.click({ timeout: 2000 }).catch(() => undefined);
        await item.waitFor({ state: 'detached', timeout: 1000 }).catch(() => undefined);
      } while ((await item.count()) > 0);
    },
    find: async (file) => {
      const entry = box.getByRole('option', { name: new RegExp(`^${escape(file)}`) }).first();
      // The editor's list of files may be of a moment before the file was there: then it is asked for another.
      await again(page, async () => {
        await (await list('Go to File...', 'Go to File...')).click({ timeout: 5000 });
        await box.locator('input').first().fill(file, { timeout: 5000 });
        await entry.click({ timeout: 5000 });
      });
    },
    toast: (text) => page.locator('.notification-toast', { hasText: text }).first(),
    press: async (toast, button) => {
      await toast.hover();
      await toast.getByRole('button', { name: button, exact: true }).click();
    },
    closeToasts: async () => {
      const toasts = page.locator('.notification-toast');
      if ((await toasts.count()) === 0) return;
      await window.run('Notifications: Clear All Notifications');
      // Carried out some time later, it would take the next one along.
      while ((await toasts.count()) > 0) await page.waitForTimeout(50);
    },
    clipboard: async () => await page.evaluate<string>('navigator.clipboard.readText()'),
    dialog: () => page.locator('.monaco-dialog-box'),
    webview: () => page.locator('iframe.webview.ready').last().contentFrame().frameLocator('iframe#active-frame'),
    screenshot: async (name) => {
      await page.screenshot({ path: join(screenshots, `${name}.png`) });
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
  return window;
}

/** A page that is just being shown takes the focus, and an open list is gone: a person opens it again. So up to five times. */
async function again<T>(page: Page, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === 5) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
