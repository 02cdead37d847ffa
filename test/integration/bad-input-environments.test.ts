import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentListing, ErrorCode } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/bad-input.ts';
import { type FullStack, startFullStack } from '../support/full-stack.ts';

const SHA256 = 'ab'.repeat(32);
const URL = 'https://conda.anaconda.org/conda-forge/noarch/foo-1.0-0.conda';
const lock = (version: string, more = ''): string =>
  [
    ...(version === '' ? [] : [`version: ${version}`]),
    'environments:',
    '  default:',
    '    channels:',
    '    - url: https://conda.anaconda.org/conda-forge/',
    '    packages:',
    '      linux-64:',
    `      - conda: ${URL}`,
    'packages:',
    `- conda: ${URL}`,
    `  sha256: ${SHA256}`,
    more,
    '',
  ].join('\n');
const bomb = `a: &a [x, x, x, x]\n${Array.from({ length: 200 }, (_, at) => `k${at}: *a`).join('\n')}\nversion: 6\n`;

describe('environments that cannot be read', () => {
  let stack: FullStack;
  beforeAll(async () => {
    stack = await startFullStack();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  const expectUnreadable = async (path: string, code: ErrorCode, says: RegExp): Promise<void> => {
    const sentence = await expectRefusal(stack, {
      args: ['env', 'show', '--no-check', path],
      code,
      says,
      call: ['env/show', { path, check: false }],
    });
    expect(sentence).toContain(path);
    await expectRefusal(stack, { args: ['prefetch', path], code, says, call: ['prefetch/run', { path }] });
  };
  const list = async (path: string): Promise<EnvironmentListing> => {
    const { code, stdout, stderr } = await stack.condock(['env', 'show', '--no-check', '--json', path]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as EnvironmentListing;
  };

  it.each([
    ['1', 'unsupported-format', /has version 1, which pixi has not written since/],
    ['2', 'unsupported-format', /has version 2, which pixi has not written since/],
    ['3', 'unsupported-format', /has version 3, which pixi has not written since/],
    ['8', 'unsupported-format', /has version 8, which is newer than this Condock knows \(7\)/],
    ['1000', 'unsupported-format', /has version 1000, which is newer/],
    ['-1', 'invalid-environment', /no version number/],
    ['six', 'invalid-environment', /no version number/],
    ['', 'invalid-environment', /no version number/],
    ['99999999999999999999', 'invalid-environment', /no version number/],
  ] as const)('refuses a pixi.lock of version "%s" by name', async (version, code, says) => {
    await expectUnreadable(stack.write(`v${version}/pixi.lock`, lock(version)), code, says);
  });

  it.each(['4', '5', '6', '7'])('and reads one of version %s', async (version) => {
    const kind = version === '4' || version === '5' ? '  kind: conda\n' : '';
    const text = lock(version).replace(/^(- conda: .*)\n/m, kind === '' ? '$1\n' : `- kind: conda\n  url: ${URL}\n`);
    const listing = await list(stack.write(`good-v${version}/pixi.lock`, text));
    expect(listing.environments[0]?.packages).toMatchObject([{ name: 'foo', version: '1.0', sha256: SHA256 }]);
  });

  it.each([
    ['empty.pixi.lock', '', 'invalid-environment', /is empty/],
    ['blank.pixi.lock', ' \n\n', 'invalid-environment', /is empty/],
    ['list.pixi.lock', '- 1\n- 2\n', 'invalid-environment', /is no pixi\.lock/],
    ['broken.pixi.lock', 'version: 6\nenvironments: {', 'invalid-environment', /no valid YAML/],
    [
      'tabs.pixi.lock',
      'version: 6\nenvironments:\n\tdefault: 1\n',
      'invalid-environment',
      /no valid YAML, line 3|no pixi\.lock/,
    ],
    [
      'shape.pixi.lock',
      'version: 6\nenvironments: 5\npackages: []\n',
      'invalid-environment',
      /environments is not a map/,
    ],
    ['bomb.pixi.lock', bomb, 'invalid-environment', /alias/i],
    ['binary.pixi.lock', '\u0000\u0001PK\u0003', 'invalid-environment', /is no/],
    ['empty.conda-lock.yml', '', 'invalid-environment', /is empty/],
    ['version.conda-lock.yml', 'version: 2\nmetadata: {}\npackage: []\n', 'unsupported-format', /version 2/],
    ['shape.conda-lock.yml', 'version: 1\nmetadata: {}\n', 'invalid-environment', /no list "package"/],
    ['broken.conda-lock.yml', 'version: [1\n', 'invalid-environment', /no valid YAML/],
    ['broken.environment.yml', 'dependencies: [', 'invalid-environment', /no valid YAML/],
    ['pixi.toml', '[workspace\nname = 1', 'invalid-environment', /pixi\.toml/],
    ['notes.txt', 'nothing of the kind\n', 'unsupported-format', /nothing in which Condock finds an environment/],
  ] as const satisfies [string, string, ErrorCode, RegExp][])('refuses %s', async (name, content, code, says) => {
    await expectUnreadable(stack.write(name, content), code, says);
  });

  it('refuses what is not there, and folders in which nothing is', async () => {
    await expectUnreadable(join(stack.folder, 'nowhere'), 'not-found', /nowhere does not exist/);
    await expectUnreadable(join(stack.write('a-file', 'x'), 'below'), 'not-found', /below does not exist/);
    mkdirSync(join(stack.folder, 'bare'));
    await expectUnreadable(join(stack.folder, 'bare'), 'unsupported-format', /bare is nothing in which/);
  });

  it('refuses a lock that is larger than any real one', async () => {
    const path = stack.write('huge.pixi.lock', Buffer.alloc(64 * 1024 * 1024 + 1, '#'));
    await expectUnreadable(path, 'too-large', /67108865 bytes/);
  });

  it('names the environments and platforms that exist where another is asked for', async () => {
    const path = stack.write('select/pixi.lock', lock('6'));
    for (const [flags, params, says] of [
      [['-e', 'gpu'], { environment: 'gpu' }, /no environment "gpu"/],
      [['-p', 'win-64'], { platform: 'win-64' }, /no platform "win-64"/],
    ] as const) {
      await expectRefusal(stack, {
        args: ['env', 'show', '--no-check', path, ...flags],
        code: 'not-found',
        says,
        call: ['env/show', { path, check: false, ...params }],
      });
    }
  });

  it('says of manifests that they need a lock, and refuses to prefetch them', async () => {
    const manifest = '[workspace]\nname = "x"\nchannels = ["conda-forge"]\nplatforms = ["linux-64"]\n';
    for (const [name, content] of [
      ['spec/pixi.toml', manifest],
      ['spec/environment.yml', 'name: x\ndependencies:\n- python 3.*\n'],
      ['spec2/pyproject.toml', manifest.replace('[workspace]', '[tool.pixi.workspace]')],
    ] as const) {
      const path = stack.write(name, content);
      const listing = await list(path);
      expect(listing).toMatchObject({ kind: 'specs', environments: [] });
      expect(listing.warnings.join()).toContain('needs a lock or an installed prefix');
      await expectRefusal(stack, {
        args: ['prefetch', path],
        code: 'invalid-environment',
        says: /names no packages/,
        call: ['prefetch/run', { path }],
      });
    }
  });

  it('skips what cannot be read in a prefix, and says so', async () => {
    const meta = join(stack.folder, 'prefix', 'conda-meta');
    mkdirSync(meta, { recursive: true });
    const record = {
      name: 'foo',
      version: '1.0',
      build: '0',
      subdir: 'noarch',
      fn: 'foo-1.0-0.conda',
      url: URL,
      sha256: SHA256,
    };
    const files: Record<string, string> = {
      'foo-1.0-0.json': JSON.stringify(record),
      'broken-1-0.json': '{"name": ',
      'list-1-0.json': '[]',
      'empty-1-0.json': '',
      'nameless-1-0.json': JSON.stringify({ version: '1', build: '0' }),
      'short-1-0.json': JSON.stringify({
        ...record,
        name: 'short',
        url: undefined,
        fn: 'short-1-0.conda',
        channel: 'c',
        sha256: '12',
      }),
      history: '==> 2024-01-01 <==\n',
      'README.txt': 'no record',
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(meta, name), content);
    const listing = await list(join(stack.folder, 'prefix'));
    const names = listing.environments[0]?.packages.map(({ name }) => name);
    expect(names).toContain('foo');
    for (const name of ['broken-1-0', 'list-1-0', 'empty-1-0']) expect(listing.warnings.join('\n')).toContain(name);
    const short = listing.environments[0]?.packages.find(({ name }) => name === 'short');
    expect(short).toMatchObject({ state: 'unknown-digest', error: { code: 'unknown-digest' } });
    const text = await stack.condock(['env', 'show', '--no-check', 'prefix']);
    for (const warning of listing.warnings) expect(text.stderr).toContain(warning);
  });

  it('keeps entries that no registry can have, each with its reason and its state', async () => {
    const lines = [
      '@EXPLICIT',
      '# platform: linux-64',
      `${URL}#${SHA256}`,
      'https://conda.anaconda.org/conda-forge/noarch/foo..bar-1.0-0.conda',
      'https://conda.anaconda.org/conda-forge/noarch/foo-1.0.conda',
      'https://repo.example/private/noarch/foo-1.0-0.conda',
      'file:///builds/noarch/foo-1.0-0.conda',
      './relative/foo-1.0-0.conda',
      `${URL.replace('foo', 'odd')}#nothing`,
      `https://user:geheim@repo.example/t/tk-1234/c/noarch/t-1.0-0.conda#${SHA256}`,
      'https://conda.anaconda.org/conda-forge/noarch/a%00b-1.0-0.conda',
      'https://conda.anaconda.org/../noarch/x-1.0-0.conda',
    ];
    const listing = await list(stack.write('explicit.txt', lines.join('\n')));
    const states = listing.environments[0]?.packages.map(({ state, error }) => [state, error?.code]);
    expect(states).toEqual([
      ['unchecked', undefined],
      ['illegal-name', 'illegal-name'],
      ['illegal-name', 'illegal-name'],
      ['unmapped-channel', 'unmapped-channel'],
      ['unsupported-source', 'unsupported-source'],
      ['unsupported-source', 'unsupported-source'],
      ['unknown-digest', 'unknown-digest'],
      ['unmapped-channel', 'unmapped-channel'],
      ['illegal-name', 'illegal-name'],
      ['illegal-name', 'illegal-name'],
    ]);
    const whole = JSON.stringify(listing);
    expect(whole).not.toContain('geheim');
    expect(whole).not.toContain('tk-1234');
    for (const { error } of listing.environments[0]?.packages ?? []) {
      if (error !== undefined) expect(error.hint, error.message).toBeTruthy();
    }
  });

  it.each([
    ['no TOML', 'mirrors = {', /config\.toml/],
    ['mirrors that are no table', 'mirrors = 5', /mirrors.*no table/],
    ['a mirror that is no list', '[mirrors]\n"https://conda.anaconda.org/conda-forge" = 5', /mirrors/],
    ['a layout that is none', '[layouts]\n"oci://ghcr.io/x" = "v2"', /neither "v0" nor "v1"/],
    ['a quota that is no size', 'quota = "much"', /quota.*no whole number of bytes/],
    ['a host that is none', 'insecure-hosts = ["a b"]', /"a b" is no host/],
  ])(
    'refuses a configuration with %s, naming file and key, and works again once it is mended',
    async (_, toml, says) => {
      const path = stack.write('configured/pixi.lock', lock('6'));
      stack.configure(toml);
      try {
        await expectRefusal(stack, {
          args: ['env', 'show', '--no-check', path],
          code: 'config-invalid',
          says,
          call: ['env/show', { path, check: false }],
        });
      } finally {
        stack.configure('');
      }
      expect((await list(path)).environments).toHaveLength(1);
    },
  );
});
