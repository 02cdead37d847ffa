import type { ErrorCode } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bombZstd,
  condaOf,
  INDEX,
  METADATA,
  PAYLOAD,
  rawZstd,
  tarBz2Of,
  type TarMember,
  tarOf,
  zipOf,
} from '../../packages/daemon/src/conda/testing/archives.ts';
import { expectRefusal } from '../support/bad-input.ts';
import { type FullStack, startFullStack } from '../support/full-stack.ts';

// Nothing listens there: whatever is refused is refused before anybody is asked.
const CHANNEL = 'oci://127.0.0.1:9/channel';
const GOOD: TarMember[] = [{ name: 'info/index.json', content: INDEX }];

const conda = async (members: readonly TarMember[]): Promise<Uint8Array> => condaOf(rawZstd(await tarOf(members)));
const index = (more: object): TarMember[] => [
  { name: 'info/index.json', content: JSON.stringify({ name: 'foo', version: '1.0', build: '0', ...more }) },
];

type Make = () => Uint8Array | Promise<Uint8Array>;
const CONDA = 'foo-1.0-0.conda';
const BZ2 = 'foo-1.0-0.tar.bz2';

const MALFORMED: [string, string, Make, ErrorCode, RegExp][] = [
  ['an empty file', CONDA, () => Buffer.alloc(0), 'invalid-package', /it is empty/],
  ['a web page', CONDA, () => Buffer.from('<html>'), 'invalid-package', /does not begin like a \.conda/],
  ['the other format', BZ2, () => conda(GOOD), 'invalid-package', /does not begin like a \.tar\.bz2/],
  ['half a zip', CONDA, async () => (await conda(GOOD)).subarray(0, 300), 'invalid-package', /central directory/i],
  [
    'half a tar.bz2',
    BZ2,
    async () => (await tarBz2Of(GOOD)).subarray(0, 60),
    'invalid-package',
    /foo-1\.0-0\.tar\.bz2/,
  ],
  [
    'a zip without info',
    CONDA,
    () => zipOf([['pkg-foo-1.0-0.tar.zst', PAYLOAD]]),
    'invalid-package',
    /no info-\*\.tar\.zst/,
  ],
  [
    'a zip with two infos',
    CONDA,
    async () => {
      const info = rawZstd(await tarOf(GOOD));
      return zipOf([
        ['pkg-foo-1.0-0.tar.zst', PAYLOAD],
        ['info-foo-1.0-0.tar.zst', info],
        ['x/info-foo-1.0-0.tar.zst', info],
      ]);
    },
    'invalid-package',
    /holds both/,
  ],
  [
    'a newer version of the format',
    CONDA,
    async () =>
      zipOf([
        ['metadata.json', Buffer.from('{"conda_pkg_format_version": 3}')],
        ['pkg-foo-1.0-0.tar.zst', PAYLOAD],
        ['info-foo-1.0-0.tar.zst', rawZstd(await tarOf(GOOD))],
      ]),
    'unsupported-format',
    /version 3 of the \.conda format/,
  ],
  [
    'a name in the zip that climbs out',
    CONDA,
    async () =>
      Buffer.from(
        Buffer.from(await conda(GOOD))
          .toString('latin1')
          .replaceAll('metadata.json', '../adata.json'),
        'latin1',
      ),
    'invalid-package',
    /invalid relative path/,
  ],
  ['info that is no zstd', CONDA, () => condaOf(METADATA), 'invalid-package', /zstd/],
  [
    'a member that leaves the package',
    CONDA,
    () => conda([{ name: 'info/../../x', content: 'x' }]),
    'invalid-package',
    /leaves the package/,
  ],
  ['an absolute member', BZ2, () => tarBz2Of([{ name: '/info/x', content: 'x' }]), 'invalid-package', /absolute path/],
  [
    'a member with a NUL',
    CONDA,
    () => conda([{ name: 'x', pax: { path: 'info/a\0b' }, content: 'x' }]),
    'invalid-package',
    /NUL/,
  ],
  [
    'two different members of one name',
    CONDA,
    () => conda([...GOOD, { name: './info//index.json', content: '{}' }]),
    'invalid-package',
    /two different members/,
  ],
  ['a bomb', CONDA, () => condaOf(bombZstd(1000, { window: (22 - 10) << 3 })), 'too-large', /times its size/],
  [
    'a window of a gigabyte',
    CONDA,
    async () => condaOf(rawZstd(await tarOf(GOOD), { window: (30 - 10) << 3 })),
    'too-large',
    /window/,
  ],
  [
    '101 members',
    CONDA,
    () => zipOf(Array.from({ length: 101 }, (_, at) => [`f${at}`, METADATA] as const)),
    'too-large',
    /101 members/,
  ],
  [
    'no index.json',
    CONDA,
    () => conda([{ name: 'info/about.json', content: '{}' }]),
    'invalid-package',
    /no info\/index\.json/,
  ],
  [
    'an index.json that is no JSON',
    CONDA,
    () => conda([{ name: 'info/index.json', content: '{' }]),
    'invalid-package',
    /index\.json is no JSON/,
  ],
  [
    'an index.json that is a list',
    BZ2,
    () => tarBz2Of([{ name: 'info/index.json', content: '[]' }]),
    'invalid-package',
    /index\.json is no JSON object/,
  ],
  [
    'an index.json without a version',
    CONDA,
    () => conda(index({ version: undefined })),
    'invalid-package',
    /does not say a version/,
  ],
];

describe('packages that cannot be', () => {
  let stack: FullStack;
  beforeAll(async () => {
    stack = await startFullStack();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  const expectNotPublished = async (path: string, code: ErrorCode, says: RegExp, ...more: string[]): Promise<string> =>
    expectRefusal(stack, {
      args: ['publish', path, '--to', CHANNEL, ...more],
      code,
      says,
      exit: 1,
      ...(more.length > 0 ? {} : { call: ['publish/run', { files: [path], to: CHANNEL }] as const }),
    });

  it.each(MALFORMED)('refuses %s to be shown and to be published', async (title, name, make, code, says) => {
    const path = stack.write(`${title}/${name}`, await make());
    const shown = await expectRefusal(stack, {
      args: ['show', path],
      code,
      says,
      call: ['package/inspect', { target: path }],
    });
    expect(shown).toContain(path);
    expect(await expectNotPublished(path, code, says)).toContain(path);
  });

  it.each([
    ['bar-1.0-0.conda', /name "bar".*"foo"/],
    ['foo-2.0-0.conda', /version "2\.0".*"1\.0"/],
    ['foo-1.0-1.conda', /build "1".*"0"/],
  ])('refuses to publish %s, whose content says another identity', async (name, says) => {
    const path = stack.write(`renamed/${name}`, await conda(index({ subdir: 'noarch' })));
    await expectNotPublished(path, 'invalid-package', says);
  });

  it('asks for the subdir where the package does not say it, and refuses another than it says', async () => {
    const silent = stack.write(`silent/${CONDA}`, await conda(index({ subdir: undefined })));
    await expectNotPublished(silent, 'invalid-package', /does not say a subdir/);
    await expectNotPublished(silent, 'illegal-name', /subdir "nowhere"/, '--subdir', 'nowhere');
    const said = stack.write(`said/${CONDA}`, await conda(index({ subdir: 'linux-64' })));
    await expectNotPublished(said, 'usage', /for linux-64, not for win-64/, '--subdir', 'win-64');
    const odd = stack.write(`odd/${CONDA}`, await conda(index({ subdir: '../../x' })));
    await expectNotPublished(odd, 'illegal-name', /subdir "\.\.\/\.\.\/x"/);
  });

  it('refuses files that are not there, are folders, or have no package name', async () => {
    await expectNotPublished('/nowhere/foo-1.0-0.conda', 'not-found', /\/nowhere\/foo-1\.0-0\.conda does not exist/);
    await expectRefusal(stack, {
      args: ['show', '/nowhere/foo-1.0-0.conda'],
      code: 'not-found',
      says: /does not exist/,
      call: ['package/inspect', { target: '/nowhere/foo-1.0-0.conda' }],
    });
    stack.write('folder-1.0-0.conda/x', 'x');
    await expectNotPublished(`${stack.folder}/folder-1.0-0.conda`, 'invalid-package', /no regular file/);
    await expectNotPublished(stack.write('foo.conda', await conda(GOOD)), 'illegal-name', /fewer than two "-"/);
    await expectNotPublished(stack.write('foo-1.0-0.zip', await conda(GOOD)), 'illegal-name', /extension is neither/);
  });

  it('refuses names that the layout cannot spell before anything moves', async () => {
    const content = await conda(index({ build: 'py=cuda', subdir: 'noarch' }));
    const path = stack.write('unspellable/foo-1.0-py=cuda.conda', content);
    await expectNotPublished(path, 'illegal-name', /no spelling for "="/, '--layout', 'v1');
  });

  it('says with each file of many what became of it', async () => {
    const bad = stack.write(`many/${CONDA}`, Buffer.alloc(0));
    const worse = stack.write('many/bar.conda', Buffer.alloc(0));
    const { code, stdout } = await stack.condock([
      'publish',
      bad,
      worse,
      '--to',
      CHANNEL,
      '--layout',
      'both',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject(
      [bad, bad, worse, worse].map((file, at) => ({
        file,
        layout: at % 2 === 0 ? 'v0' : 'v1',
        reference: null,
        blobs: [],
        error: { code: file === bad ? 'invalid-package' : 'illegal-name' },
      })),
    );
  });
});
