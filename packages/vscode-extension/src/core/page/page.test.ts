import type { PackageInsides } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { html, jsonForScript } from '../html.ts';
import { mapLimited } from '../map-limited.ts';
import { renderSizes } from '../sizes/render-sizes.ts';
import { examplePackage } from '../testing/example-package.ts';
import { findDependents, specName } from './dependencies.ts';
import { renderDocument } from './document.ts';
import { describePackage } from './page-model.ts';
import { renderDependents } from './render-dependencies.ts';
import { renderPackagePage } from './render-page.ts';

const EVIL = '<img src=x onerror=alert(1)>"\'';
const insides: PackageInsides = {
  target: 'oci://h/c/noarch/evil:1-0',
  reference: 'oci://h/c/noarch/evil:1-0',
  layout: 'v0',
  manifestDigest: `sha256:${'a'.repeat(64)}`,
  layers: [
    {
      role: 'package',
      mediaType: 'x/y',
      digest: `sha256:${'b'.repeat(64)}`,
      size: 5_000_000,
      title: null,
      cached: true,
    },
    { role: null, mediaType: EVIL, digest: `sha256:${'c'.repeat(64)}`, size: 10, title: null, cached: false },
  ],
  index: { name: EVIL, version: '1', depends: ['python >=3', '__glibc >=2.17', EVIL, 7], constrains: ['other <2'] },
  about: { summary: EVIL, home: 'https://x.org', dev_url: 'javascript:alert(1)', description: 'Does things.' },
  runExports: { weak: ['evil >=1'], strong: 'nonsense' },
  files: { count: 2, bytes: 30 },
  licenses: [{ path: EVIL, text: EVIL, truncated: true }],
  recipe: [],
  warnings: ['info/paths.json could not be read'],
  from: 'info-layer',
};
const python = examplePackage('python', { version: '3.12' });
const page = describePackage({
  ...{ insides, entry: examplePackage('evil'), packages: [python] },
  files: [{ path: `lib/${EVIL.replaceAll('/', '')}`, type: 'file', size: 30 }],
});

describe('the page of a package', () => {
  it('says what it needs and what of the environment answers it', () => {
    expect(page.depends.slice(0, 2).map(({ name, resolved }) => [name, resolved?.version])).toEqual([
      ['python', '3.12'],
      ['__glibc', undefined],
    ]);
    expect(page.depends).toHaveLength(3);
    expect(page.runExports).toEqual([{ kind: 'weak', specs: ['evil >=1'] }]);
    const text = renderPackagePage(page).text;
    expect(text).toContain('data-open="python"');
    expect(text).toContain('of the machine');
    expect(text).toContain('5.0 MB');
    expect(text).toContain('info/paths.json could not be read');
  });

  it('lets nothing of a package become markup, and links to the web alone', () => {
    const text = renderPackagePage(page).text;
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img');
    expect(text).toContain('<a href="https://x.org">');
    expect(text).not.toContain('href="javascript');
    expect(text).toContain('javascript:alert(1)');
  });

  it('has a panel for every tab, one of them shown, and rows that say their level', () => {
    const text = renderPackagePage(page).text;
    const tabs = [...text.matchAll(/aria-controls="([^"]+)"/g)].map((match) => match[1]);
    expect(tabs).toHaveLength(7);
    for (const tab of tabs) expect(text).toContain(`id="${String(tab)}"`);
    expect(text.match(/aria-selected="true"/g)).toHaveLength(1);
    expect(text).toMatch(/role="treeitem" aria-level="1"/);
  });

  it('stands under a policy that allows our own script and style alone', () => {
    const text = renderDocument({
      ...{ title: EVIL, body: html``, cspSource: 'vscode-resource:', nonce: 'n0', language: 'en' },
      ...{ styleUri: 's.css', scriptUri: 'p.js' },
    });
    expect(text).toContain('default-src &#39;none&#39;; style-src vscode-resource:; script-src &#39;nonce-n0&#39;');
    expect(text).not.toMatch(/unsafe|style="|<img/);
  });
});

describe('dependencies', () => {
  it.each([
    ['numpy', 'numpy'],
    ['numpy >=1.2,<3', 'numpy'],
    ['conda-forge::Numpy=1.2', 'numpy'],
    ["ruamel.yaml[version='>=1']", 'ruamel.yaml'],
    ['python_abi 3.12.* *_cp312', 'python_abi'],
  ])('of "%s" are named %s', (spec, name) => expect(specName(spec)).toBe(name));

  it('are found the other way round by asking everybody', () => {
    const entry = examplePackage('scipy');
    const found = findDependents('NumPy', [
      { entry, index: { depends: ['python', 'numpy <2.5'] } },
      { entry: examplePackage('pip'), index: { depends: ['numpydoc'] } },
    ]);
    expect(found).toEqual([{ entry, spec: 'numpy <2.5' }]);
    expect(renderDependents(found, { asked: 2, unknown: 1 }).text).toContain('1 of 3 packages could not be asked.');
    expect(renderDependents([], { asked: 2, unknown: 0 }).text).toContain('Nothing in this environment needs it');
  });

  it('are asked for a few at a time, in order', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([3, 1, 2, 0], 2, async (n) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, n));
      running -= 1;
      return n * 10;
    });
    expect(results).toEqual([30, 10, 20, 0]);
    expect(most).toBe(2);
  });
});

describe('the page of sizes', () => {
  it('carries its data so that nothing in it can end the script', () => {
    const text = renderSizes('Sizes', [examplePackage('</script><script>alert(1)', { size: 5 })]).text;
    expect(text.match(/<\/script>/g)).toHaveLength(1);
    expect(JSON.parse(jsonForScript({ a: '</script>' }).text)).toEqual({ a: '</script>' });
  });
});
