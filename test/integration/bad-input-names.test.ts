import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '@condock/protocol';
import { expectRefusal } from '../support/bad-input.ts';
import { type FullStack, startFullStack } from '../support/full-stack.ts';

const CHANNEL = 'oci://127.0.0.1:9/channel';
const HASH = 'a'.repeat(64);

describe('names that cannot be', () => {
  let stack: FullStack;
  beforeAll(async () => {
    stack = await startFullStack();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  const FILE_NAMES: [string, RegExp][] = [
    ['foo.conda', /"foo\.conda".*fewer than two "-"/],
    ['foo-1.0.conda', /"foo-1\.0\.conda".*fewer than two "-"/],
    ['foo-1.0-0.zip', /extension is neither/],
    ['foo-1.0-0', /extension is neither/],
    ['-1.0-0.conda', /name is empty/],
    ['foo--0.conda', /version is empty/],
    ['foo-1.0-.conda', /build is empty/],
    ['../x-1.0-0.conda', /path separator "\/"/],
    ['a/b/x-1.0-0.conda', /path separator "\/"/],
    ['a\\b-1.0-0.conda', /path separator "\\\\"/],
    ['a%2fb-1.0-0.conda', /path separator "\/"/],
    ['a%252fb-1.0-0.conda', /"%" even after percent-decoding/],
    ['a%zz-1.0-0.conda', /begins no percent-encoded UTF-8/],
    ['foo-1.0-0.CONDA', /"\.conda" in lower case/],
    ['foo-1.0-0.tar.BZ2', /"\.tar\.bz2" in lower case/],
    ['pkg-1.0-unix_2\u0000.tar.bz2', /NUL/],
    ['pkg-1.0-\u0007.conda', /control character/],
  ];

  it.each(FILE_NAMES)('refuses the file name %j before it is encoded', async (name, says) => {
    for (const layout of ['v0', 'v1'] as const) {
      await expectRefusal(stack, {
        args: ['ref', '--channel', CHANNEL, '--layout', layout],
        stdin: `${name}\n`,
        code: 'illegal-name',
        says,
        call: ['ref/encode', { inputs: [name], channel: CHANNEL, layout }],
      });
    }
  });

  it.each([
    ['Upper-1.0-0.conda', 'v0', /package "Upper".*upper-case/],
    ['foo_-1.0-0.conda', 'v0', /package "foo_".*ends with "_"/],
    ['_-1.0-0.conda', 'v1', /package "_".*ends with "_"/],
    ['foo..bar-1.0-0.conda', 'v1', /package "foo\.\.bar".*joined by "\.\."/],
    ['foo-_bar-1.0-0.conda', 'v0', /package "foo-_bar".*joined by "-_"/],
    ['foo___bar-1.0-0.conda', 'v1', /package "foo___bar".*joined by "___"/],
    ['foo-2.0.0~alpha0-0.conda', 'v0', /version "2\.0\.0~alpha0".*"~"/],
    ['foo-1.0-py=cuda.conda', 'v1', /build "py=cuda".*no spelling for "="/],
    ['repodata.json-1.0-0.conda', 'v0', /package "repodata\.json".*metadata/],
    [`foo-1.0-${'b'.repeat(130)}.conda`, 'v0', /tag .* at most 128/],
    [`foo-sha256-${HASH}.conda`, 'v0', /fallback tag of a referrers list/],
    ['.foo-1.0-0.conda', 'v1', /begins with neither a letter/],
  ] as const)('refuses %j in layout %s, which has no legal spelling for it', async (name, layout, says) => {
    await expectRefusal(stack, {
      args: ['ref', '--channel', CHANNEL, '--layout', layout, '--', name],
      code: 'illegal-name',
      says,
      call: ['ref/encode', { inputs: [name], channel: CHANNEL, layout }],
    });
  });

  it.each([
    ['cfoo:1.0-a_0', /"_0" is no escape/],
    ['cfoo:1.0-a_', /escapes nothing/],
    ['cfoo:1.0', /joined by one "-"/],
    ['cfoo:1-2-3', /joined by one "-"/],
    ['cfoo:latest', /joined by one "-"/],
    ['cfoo:20250310T010203Z', /joined by one "-"/],
    [`cfoo:h${HASH}`, /together or not at all/],
    [`h${HASH}:1.0-0`, /together or not at all/],
    [`cfoo:sha256-${HASH}`, /joined by one "-"/],
    [`cfoo:sha256-${HASH}.sig`, /joined by one "-"/],
    ['mrepodata.json:latest', /"mrepodata\.json"/],
    ['foo:1.0-0', /"foo".*"c" and a name/],
  ])('does not take the v1 reference %s for a package', async (rest, says) => {
    const input = `${CHANNEL}/linux-64/${rest}`;
    await expectRefusal(stack, {
      args: ['ref', '--decode', '--layout', 'v1', input],
      code: 'illegal-reference',
      says,
      call: ['ref/decode', { inputs: [input], layout: 'v1' }],
    });
  });

  it.each([
    ['1.0-a__0', '1.0', 'a_0'],
    ['1_N2.0-0', '1!2.0', '0'],
    ['1.0-a__Nb', '1.0', 'a_Nb'],
    ['1.0-a___Nb', '1.0', 'a_!b'],
    ['1.0-a____Nb', '1.0', 'a__Nb'],
    ['h1.0-0', 'h1.0', '0'],
  ])('reads the v1 tag %s as version %s, build %s', async (tag, version, build) => {
    const input = `${CHANNEL}/linux-64/cfoo:${tag}`;
    const { code, stdout } = await stack.condock(['ref', '--decode', '--layout', 'v1', '--json', input]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ input, name: 'foo', version, build, hashed: false }]);
  });

  it.each([
    ['oci://', 'illegal-reference', /""|no host/],
    ['oci://ghcr.io', 'illegal-reference', /nothing in it/],
    ['oci://ghcr.io/a/b', 'illegal-reference', /neither a tag nor a digest/],
    ['oci://ghcr.io/a/B:1', 'illegal-reference', /"a\/B" is no repository name/],
    ['oci://ghcr.io/a//b:1', 'illegal-reference', /"a\/\/b" is no repository name/],
    ['oci://ghcr.io/../b:1', 'illegal-reference', /"\.\.\/b" is no repository name/],
    ['oci://ghcr.io/a/b:-1', 'illegal-reference', /"-1" is no tag/],
    [`oci://ghcr.io/a/b:${'t'.repeat(129)}`, 'illegal-reference', /is no tag/],
    ['oci://ghcr.io/a/b@sha256:12', 'illegal-reference', /sha256:12/],
    ['oci://ghcr.io/a/b@md5:d41d8cd98f00b204e9800998ecf8427e', 'illegal-reference', /md5:/],
    ['oci://ghcr.io/a/b@sha256:1@sha256:2', 'illegal-reference', /more than one @/],
    ['oci://me:secret@ghcr.io/a/b:1', 'illegal-reference', /user name/],
    ['oci://ghcr.io:99999/a/b:1', 'illegal-reference', /"ghcr\.io:99999" is no host/],
    ['oci://gh cr.io/a/b:1', 'illegal-reference', /"gh cr\.io" is no host/],
    [`oci://ghcr.io/${'a/'.repeat(130)}b:1`, 'illegal-reference', /more than 255 characters/],
    ['https://example.org/nowhere', 'unsupported-source', /does not stand in a channel's subdir/],
    ['https://example.org/c/linux-64/foo-1.0.conda', 'illegal-name', /fewer than two "-"/],
    ['https://example.org/c/linux-64/foo-1.0-0.conda', 'unmapped-channel', /No OCI channel is known/],
    ['gopher://example.org/c/linux-64/foo-1.0-0.conda', 'unsupported-source', /no URL of a conda channel/],
  ] as const satisfies [string, ErrorCode, RegExp][])('refuses to look into %s', async (target, code, says) => {
    const shown = await expectRefusal(stack, {
      args: ['show', target],
      code,
      says,
      call: ['package/inspect', { target }],
    });
    const prefetched = await expectRefusal(stack, {
      args: ['prefetch', target],
      code,
      says,
      summary: /^0 fetched, 0 were there already, 1 not available/,
      call: ['prefetch/run', { references: [target] }],
    });
    expect(prefetched).toBe(shown);
    expect(shown).not.toContain('secret');
  });

  it('takes what is no URL for a file on the command line, and for a mistake over the socket', async () => {
    await expectRefusal(stack, {
      args: ['show', 'ghcr.io/a/b:1'],
      code: 'unsupported-format',
      says: /ghcr\.io\/a\/b:1 is neither/,
    });
    await expect(stack.client.request('package/inspect', { target: 'ghcr.io/a/b:1' })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('neither an oci:// reference') as string,
    });
  });

  it.each([
    ['ghcr.io/conda-forge', 'illegal-reference', /does not begin with oci:\/\//],
    ['https://conda.anaconda.org/conda-forge', 'illegal-reference', /does not begin with oci:\/\//],
    ['oci://ghcr.io', 'illegal-reference', /no channel in it/],
    ['oci://ghcr.io/', 'illegal-reference', /no channel in it/],
    ['oci:///channel', 'illegal-reference', /"" is no host/],
    ['oci://ghcr.io:0/channel', 'illegal-reference', /"ghcr\.io:0" is no host/],
    ['oci://me@ghcr.io/channel', 'illegal-reference', /user name/],
    ['oci://ghcr.io/channel?x=1', 'illegal-reference', /query/],
    ['oci://ghcr.io/Channel', 'illegal-name', /channel "Channel".*upper-case/],
    ['oci://ghcr.io/a//b', 'illegal-name', /channel "a\/\/b".*empty/],
    ['oci://ghcr.io/a/../b', 'illegal-name', /"\.\."/],
    ['oci://ghcr.io/a_-b', 'illegal-name', /joined by "_-"/],
    ['oci://ghcr.io/a/label/Rust', 'illegal-name', /label "Rust".*upper-case/],
    ['oci://ghcr.io/a/label', 'illegal-name', /no label follows/],
    ['oci://ghcr.io/a/label/b/label/c', 'illegal-name', /twice/],
    ['oci://ghcr.io/label/a', 'illegal-name', /needs a channel path/],
    ['oci://ghcr.io/a/label/1st', 'illegal-name', /does not begin with a letter/],
  ] as const satisfies [string, ErrorCode, RegExp][])('refuses the channel %s', async (channel, code, says) => {
    await expectRefusal(stack, {
      args: ['ref', '--channel', channel, 'foo-1.0-0.conda'],
      code,
      says,
      call: ['ref/encode', { inputs: ['foo-1.0-0.conda'], channel }],
    });
    await expectRefusal(stack, {
      args: ['publish', '/nowhere/foo-1.0-0.conda', '--to', channel],
      code,
      says,
      call: ['publish/run', { files: ['/nowhere/foo-1.0-0.conda'], to: channel }],
    });
  });

  it.each([
    ['linux64', /subdir "linux64"/],
    ['Linux-64', /subdir "Linux-64"/],
    ['linux-64-extra', /subdir "linux-64-extra"/],
    ['..', /subdir "\.\."/],
  ])('refuses the subdir %s', async (subdir, says) => {
    await expectRefusal(stack, {
      args: ['ref', '--channel', CHANNEL, '--subdir', subdir, 'foo-1.0-0.conda'],
      code: 'illegal-name',
      says,
      call: ['ref/encode', { inputs: ['foo-1.0-0.conda'], channel: CHANNEL, subdir }],
    });
  });

  it('asks for a channel where neither option nor URL names one', async () => {
    await expectRefusal(stack, {
      args: ['ref', 'foo-1.0-0.conda'],
      code: 'unmapped-channel',
      says: /file name alone does not say its channel/,
      call: ['ref/encode', { inputs: ['foo-1.0-0.conda'] }],
    });
  });

  it('refuses a v1 name that is too long for registries', async () => {
    const channel = `oci://ghcr.io/${'a'.repeat(220)}`;
    await expectRefusal(stack, {
      args: ['ref', '--channel', channel, '--layout', 'v1', `${'n'.repeat(40)}-1.0-0.conda`],
      code: 'illegal-name',
      says: /at most 255/,
      call: ['ref/encode', { inputs: [`${'n'.repeat(40)}-1.0-0.conda`], channel, layout: 'v1' }],
    });
  });
});
