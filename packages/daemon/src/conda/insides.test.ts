import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { methods } from '@condock/protocol/schemas';
import { describe, expect, it } from 'vitest';
import { openArchive } from './archive/open-archive.ts';
import { parseFileName } from './file-name.ts';
import { infoContent, infoContents, type InfoFile, type InfoFiles } from './info-files.ts';
import { describeInside, listFiles } from './insides.ts';
import { INDEX } from './testing/archives.ts';

const FIXTURES = fileURLToPath(new URL('../../../../../shared/fixtures/packages', import.meta.url));

function info(files: Record<string, string | Uint8Array>): InfoFile[] {
  return Object.entries({ 'index.json': INDEX, ...files }).map(([path, content]) => ({
    path,
    type: 'file',
    mode: 0o644,
    bytes: Buffer.from(content),
  }));
}
const link = (path: string, linkname: string): InfoFile => ({
  path,
  type: 'symlink',
  mode: 0o777,
  linkname,
  bytes: new Uint8Array(),
});

describe('describeInside', () => {
  it('shows index and about as they stand, and sums the files up', () => {
    const inside = describeInside(
      info({
        'about.json': '{"home": "https://example.org", "extra": {"a": [1]}}',
        'paths.json': JSON.stringify({
          paths: [
            { _path: 'a', size_in_bytes: 3 },
            { _path: 'b', size_in_bytes: 4 },
            { _path: 'c', path_type: 'softlink', size_in_bytes: 4 },
          ],
        }),
      }),
    );
    expect(inside).toEqual({
      index: JSON.parse(INDEX) as unknown,
      about: { home: 'https://example.org', extra: { a: [1] } },
      runExports: null,
      files: { count: 3, bytes: 7 },
      licenses: [],
      recipe: [],
      warnings: [],
    });
  });

  it('demands an index.json that says name, version and build', () => {
    const bad: [InfoFiles, RegExp][] = [
      [[], /no info\/index.json/],
      [info({ 'index.json': '[]' }), /no JSON object/],
      [info({ 'index.json': '{' }), /no JSON/],
      [info({ 'index.json': '{"name": "a", "version": 1.0, "build": "0"}' }), /does not say a version/],
      [info({ 'index.json': `${'['.repeat(5000)}${']'.repeat(5000)}` }), /levels deep/],
    ];
    for (const [files, message] of bad) {
      expect(() => describeInside(files)).toThrow(
        expect.objectContaining({ code: 'invalid-package', message: expect.stringMatching(message) as unknown }),
      );
    }
    const huge = info({ 'index.json': ' '.repeat(5_000_000) });
    expect(() => describeInside(huge)).toThrow(expect.objectContaining({ code: 'too-large' }));
  });

  it('shows the rest where one part is damaged, and says which', () => {
    const inside = describeInside(
      info({ 'about.json': '{', 'paths.json': '{"paths": 1}', 'run_exports.json': '{', 'licenses/a': 'text' }),
    );
    expect(inside).toMatchObject({ about: null, files: null, runExports: null, licenses: [{ text: 'text' }] });
    expect(inside.warnings).toEqual([
      expect.stringContaining('about.json'),
      expect.stringContaining('run_exports.json'),
      expect.stringContaining('paths.json'),
    ]);
  });

  it.each([
    ['run_exports.json', '{"weak": ["a >=1"], "strong": []}', { weak: ['a >=1'] }],
    ['run_exports.json', '["a"]', { weak: ['a'] }],
    ['run_exports.json', '{}', {}],
    ['run_exports.yaml', 'strong:\n  - b\n', { strong: ['b'] }],
    ['recipe/meta.yaml', 'build:\n  run_exports:\n    - c 1.*\n', { weak: ['c 1.*'] }],
    ['recipe/meta.yaml', '{% set x = 1 %}\nbuild: {{ x }}\n', null],
    ['recipe/rendered_recipe.yaml', 'recipe:\n  requirements:\n    run_exports:\n      weak: [d]\n', { weak: ['d'] }],
    [
      'index.json',
      '{"name": "a", "version": "1", "build": "0", "run_exports": {"weak": "e", "schema_version": 2}}',
      { weak: ['e'] },
    ],
  ])('finds run_exports in %s: %j', (path, content, expected) => {
    expect(describeInside(info({ [path]: content })).runExports).toEqual(expected);
  });

  it('cuts long texts between characters, leaves out what is no text, and names both', () => {
    const { licenses, recipe } = describeInside([
      ...info({
        'licenses/long.txt': '€'.repeat(40_000),
        'LICENSE.txt': 'old place',
        'recipe/patch.gz': Uint8Array.of(0x1f, 0x8b, 0, 0),
        'recipe/meta.yaml': 'a: 1',
        'license_tool.json/x': 'elsewhere',
      }),
      link('licenses/again', '../LICENSE.txt'),
    ]);
    expect(licenses.map(({ path, truncated }) => [path, truncated])).toEqual([
      ['LICENSE.txt', false],
      ['licenses/again', false],
      ['licenses/long.txt', true],
    ]);
    expect(licenses[1]?.text).toBe('old place');
    expect(licenses[2]?.text).toBe('€'.repeat(21_845));
    expect(recipe).toEqual([
      { path: 'recipe/meta.yaml', text: 'a: 1', truncated: false },
      { path: 'recipe/patch.gz', text: '', truncated: true },
    ]);
  });

  it('bounds the sum of all texts', () => {
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [`recipe/${at + 10}`, 'x'.repeat(20_000)] as const),
    );
    const { recipe } = describeInside(info(many));
    expect(recipe).toHaveLength(50);
    expect(recipe.reduce((sum, { text }) => sum + text.length, 0)).toBe(256 * 1024);
    expect(recipe.at(-1)).toEqual({ path: 'recipe/59', text: '', truncated: true });
  });
});

describe('listFiles', () => {
  it('reads types, sizes and digests, and does not trust their form', () => {
    const sha256 = 'AB'.repeat(32);
    const paths = [
      { _path: 'a', path_type: 'hardlink', size_in_bytes: 1, sha256 },
      { _path: 'b', path_type: 'softlink', size_in_bytes: -1, sha256: 'x' },
      { _path: 'c', path_type: 'directory' },
      { _path: 'd', path_type: 'constructor' },
    ];
    expect(listFiles(info({ 'paths.json': JSON.stringify({ paths }) }))).toEqual([
      { path: 'a', type: 'file', size: 1, sha256: sha256.toLowerCase() },
      { path: 'b', type: 'symlink', size: null, sha256: null },
      { path: 'c', type: 'directory', size: null, sha256: null },
      { path: 'd', type: 'file', size: null, sha256: null },
    ]);
    expect(() => listFiles(info({ 'paths.json': '{"paths": [{}]}' }))).toThrow(/_path/);
  });

  it('falls back on info/files, and is empty without either', () => {
    expect(listFiles(info({ files: 'bin/a\r\nlib/b\n' })).map(({ path }) => path)).toEqual(['bin/a', 'lib/b']);
    expect(listFiles(info({}))).toEqual([]);
    expect(describeInside(info({})).files).toBeNull();
    expect(describeInside(info({ files: 'a\n' })).files).toEqual({ count: 1, bytes: null });
  });
});

describe('infoContents', () => {
  it('follows links within info, and names what leads elsewhere', () => {
    const files = [
      ...info({ a: '1' }),
      link('sub/to-a', '../a'),
      link('out', '../bin/x'),
      link('abs', '/etc/passwd'),
      link('loop', 'loop'),
    ];
    const contents = infoContents(files);
    expect(contents.files.map(([path]) => path)).toEqual(['index.json', 'a', 'sub/to-a']);
    expect(contents.omitted).toEqual(['out', 'abs', 'loop']);
    expect(infoContent(files, 'sub/to-a')).toEqual(Buffer.from('1'));
    expect(() => infoContents([...files, link('b', 'a')], INDEX.length + 2)).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
  });
});

describe.skipIf(!existsSync(FIXTURES))('real packages (../shared/fixtures/packages)', () => {
  const archives = existsSync(FIXTURES)
    ? readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:conda|tar\.bz2)$/.test(name))
    : [];

  it.each(archives)('%s says what its file name says', async (name) => {
    const archive = await openArchive(join(FIXTURES, name));
    const infoFiles = await archive.infoFiles();
    const inside = describeInside(infoFiles);
    const { name: packageName, version, build } = parseFileName(basename(name));
    expect(inside.index).toMatchObject({ name: packageName, version, build });
    expect(inside.warnings).toEqual([]);
    expect(inside.files?.count).toBe((await archive.files()).length);
    expect(archive.warnings).toHaveLength(name.startsWith('ca-certificates') ? 2 : 0);
    expect(infoContents(infoFiles).omitted).toEqual([]);
    const nothing = { reference: null, layout: null, manifestDigest: null, layers: [] };
    methods['package/inspect'].result.parse({ target: name, ...nothing, ...inside, from: 'archive' });
  });
});
