import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningRegistry, startRegistry } from '@condock/daemon';
import { beforeAll, describe, expect } from 'vitest';
import { buildPackages, type BuiltPackage } from '../support/packages/index.ts';
import type { Editor } from './support/editor.ts';
import { isReady, setStage } from './support/stage.ts';
import type { Window } from './support/window.ts';
import { publish } from './support/workspace.ts';

/** As a lock names it; a mirror of the user's configuration leads to the registry. */
const CHANNEL = 'https://conda.example/team';

describe.skipIf(!isReady)('documents in VS Code', () => {
  let registry: RunningRegistry;
  let packages: BuiltPackage[];
  const stage = setStage({
    prepare: async (home) => {
      registry = await startRegistry({ directory: join(home, 'registry') });
      packages = await buildPackages(
        [{ name: 'tzdata' }, { name: 'zlib', version: '1.3.1' }, { name: 'ruamel.yaml', format: 'tar.bz2' }],
        join(home, 'packages'),
      );
      const files = packages.map(({ path }) => path);
      await publish(files, `oci://${registry.host}/team`, join(home, 'seed'));
      const config = stage.condock.places.config;
      await mkdir(config, { recursive: true });
      const mirrors = `[mirrors]\n"${CHANNEL}" = ["oci://${registry.host}/team"]\n`;
      await writeFile(join(config, 'config.toml'), mirrors);
      await writeDocuments(join(home, 'documents'), packages);
    },
    strike: () => registry.stop(),
  });
  const { home, story } = stage;
  let editor: Editor;
  let window: Window;
  beforeAll(() => {
    ({ editor, window } = stage);
  });

  const hover = async (line: string, text: string): Promise<void> => {
    await window.page.keyboard.press('Escape');
    await window.page.locator('.view-line', { hasText: line }).first().getByText(text).first().click();
    await window.run('Show or Focus Hover');
  };
  const told = (text: string | RegExp) => window.page.locator('.monaco-hover', { hasText: text }).first();
  const lens = (text: string | RegExp) => window.page.locator('.codelens-decoration a', { hasText: text }).first();

  story('invites over a lock before anything runs, and a click on it shows the packages', async () => {
    await window.open(editor.url(join(home, 'documents')));
    await window.find('conda-lock.yml');
    await lens('Show packages in Condock').waitFor();
    expect(await stage.condock.living()).toEqual([]);
    await lens('Show packages in Condock').click();
    await window.row(/^conda-lock\.yml.*3 packages, 0 cached/).waitFor();
    await lens(/Prefetch environment \(3 of 3 missing, .* kB\)/).waitFor();
  });

  story('tells over a conda-lock.yml what is known, and prefetches at a click', async () => {
    await hover('zlib-1.3.1', 'zlib');
    await told(`oci://${registry.host}/team/noarch/zlib:1.3.1`).waitFor();
    await window.screenshot('hover-conda-lock');
    await lens(/Prefetch environment/).click();
    await window.toast(/Fetched 3 packages/).waitFor();
    await lens('All 3 cached').waitFor();
    await window.closeToasts();
    await window.screenshot('lens-cached');
  });

  story('tells over an explicit file, with its lens', async () => {
    await window.find('explicit.txt');
    await lens('All 3 cached').waitFor();
    await hover('ruamel.yaml', 'ruamel.yaml');
    await told('Cached').waitFor();
    await told(`oci://${registry.host}/team/noarch/ruamel.yaml:1.0-0`).waitFor();
  });

  story('answers for the names of an environment.yml by the lock beside it', async () => {
    await window.find('environment.yml');
    await hover('zlib >=1', 'zlib');
    await told(`oci://${registry.host}/team/noarch/zlib:1.3.1`).waitFor();
    await window.screenshot('hover-environment-yml');
    await hover('not-locked', 'not-locked');
    await told('Not among the packages that are locked or installed here.').waitFor();
  });

  story('marks what a registry holds otherwise than a lock promises', async () => {
    const { url } = location(packages[1]!);
    const lock = explicit([{ url, sha256: 'f'.repeat(64) }]);
    await writeFile(join(home, 'documents', 'explicit-wrong.txt'), lock);
    const row = window.row(/^explicit-wrong\.txt.*1 package, 0 cached, 1 problem/);
    await row.waitFor();
    await window.find('explicit-wrong.txt');
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
    await window.row('zlib 1.3.1, Digest mismatch').waitFor();
    await window.page.locator('.squiggly-error').first().waitFor();
    await window.run('View: Focus Problems');
    await window.page
      .locator('.markers-panel')
      .getByText(/holds other bytes/)
      .first()
      .waitFor();
    await window.screenshot('digest-mismatch');
  });
});

const location = ({ subdir, fileName, sha256 }: BuiltPackage) => ({ url: `${CHANNEL}/${subdir}/${fileName}`, sha256 });

const explicit = (entries: readonly { url: string; sha256: string }[]): string =>
  ['# platform: linux-64', '@EXPLICIT', ...entries.map(({ url, sha256 }) => `${url}#sha256:${sha256}`), ''].join('\n');

async function writeDocuments(folder: string, packages: readonly BuiltPackage[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries = packages.map(location);
  const lock = [
    'version: 1',
    'metadata:',
    '  content_hash:',
    `    linux-64: ${'0'.repeat(64)}`,
    '  channels:',
    `  - url: ${CHANNEL}`,
    '    used_env_vars: []',
    '  platforms:',
    '  - linux-64',
    '  sources:',
    '  - environment.yml',
    'package:',
    ...packages.flatMap((built, at) => {
      const [, name, version] = /^(.*)-([^-]+)-[^-]+$/.exec(built.fileName) ?? [];
      return [
        ...[
          `- name: ${name}`,
          `  version: ${version}`,
          '  manager: conda',
          '  platform: linux-64',
          '  dependencies: {}',
        ],
        ...[`  url: ${entries[at]!.url}`, '  hash:', `    md5: ${built.md5}`, `    sha256: ${built.sha256}`],
        ...['  category: main', '  optional: false'],
      ];
    }),
  ];
  await writeFile(join(folder, 'conda-lock.yml'), `${lock.join('\n')}\n`);
  await writeFile(join(folder, 'explicit.txt'), explicit(entries));
  const names = [
    'name: documents',
    'channels:',
    `  - ${CHANNEL}`,
    'dependencies:',
    '  - zlib >=1',
    '  - not-locked',
    '',
  ];
  await writeFile(join(folder, 'environment.yml'), names.join('\n'));
}
