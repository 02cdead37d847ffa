import type { ErrorCode } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../support/bad-input.ts';
import { type FullStack, startFullStack } from '../support/full-stack.ts';

describe('wrong usage', () => {
  let stack: FullStack;
  beforeAll(async () => {
    stack = await startFullStack();
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it.each([
    [['frobnicate'], /There is no command "frobnicate"/],
    [['env', 'shw'], /There is no command "env shw"/],
    [['env', 'show', 'a', 'b'], /takes \[PATH\]; "b" is too much\./],
    [['env', 'show', '--colour'], /'--colour'/],
    [['env', 'show', '-e'], /-e/],
    [['show'], /condock show needs REF\|URL\|FILE; nothing is given\./],
    [['publish', '--to', 'oci://127.0.0.1:9/c'], /condock publish needs FILE…; nothing is given\./],
    [['publish', 'foo-1.0-0.conda'], /No channel is named/],
    [['publish', 'foo-1.0-0.conda', '--to', 'oci://127.0.0.1:9/c', '--layout', 'v2'], /"v2" is no layout/],
    [['ref', '--layout', 'both', 'foo-1.0-0.conda'], /"both" is no layout/],
    [['prefetch', 'one', 'two'], /One environment at a time/],
    [['prefetch', '.', '--layers', 'package,payload'], /"payload" is no layer/],
    [['cache', 'gc', '--max', 'lots'], /"lots" is no size/],
    [['cache', 'gc', '--max', ''], /"" is no size/],
    [['cache', 'gc', '--max', '5 PB'], /"5 PB" is no size/],
    [['cache', 'gc', '--max=-1GB'], /"-1GB" is no size/],
    [['cache', 'gc', '--max', '1e99'], /"1e99" is no size/],
    [['cache', 'gc', '--max', `${'9'.repeat(20)}TB`], /is no size/],
    [['cache', 'pin', 'name', 'a', 'b'], /One environment a pin/],
    [['login'], /No registry is named/],
    [['login', 'ghcr.io'], /No user name is given/],
    [['login', 'ghcr.io', '-u', 'me', '--keep', 'cloud'], /"cloud" is no place/],
    [['login', '--from', 'netscape'], /"netscape" is not known/],
  ] as const)('condock %j is answered with what is wrong and what to do', async (args, says) => {
    await expectRefusal(stack, { args, code: 'usage', says });
  });

  it.each([
    ['cache/gc', { maxBytes: -1 }, /maxBytes/],
    ['cache/gc', { maxBytes: 1.5 }, /maxBytes/],
    ['cache/gc', { maxBytes: '5GB' }, /maxBytes/],
    ['env/show', {}, /path/],
    ['env/show', { path: 5 }, /path/],
    ['env/show', { path: '/x', cursor: 5 }, /cursor/],
    ['prefetch/run', { path: '/x', layers: ['payload'] }, /layers/],
    ['prefetch/run', {}, /nothing to prefetch/],
    ['publish/run', { files: [], to: 'oci://127.0.0.1:9/c' }, /files/],
    ['publish/run', { files: ['/x'] }, /to/],
    ['publish/run', { files: ['/x'], to: 'oci://127.0.0.1:9/c', layout: 'v2' }, /layout/],
    ['ref/encode', { inputs: 'foo' }, /inputs/],
    ['ref/encode', { inputs: Array.from({ length: 100_001 }, () => 'x') }, /inputs/],
    ['package/inspect', { target: null }, /target/],
    ['package/inspect', [], /./],
  ] as const)(
    '%s with wrong parameters is refused over the socket, naming the member',
    async (method, params, says) => {
      await expect(stack.client.request(method, params as never)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringMatching(says) as string,
      });
      expect(await stack.client.request('daemon/ping', {})).toEqual({});
    },
  );

  it.each([
    ['cache/export', { directory: 'relative' }, 'usage', /directory.*absolute path/],
    ['cache/pin', { name: 'x', path: '../x' }, 'usage', /path.*absolute path/],
    ['env/show', { path: 'relative/pixi.lock' }, 'usage', /path.*absolute path/],
    ['env/show', { path: '/x\u0000y' }, 'usage', /path.*NUL/],
    ['env/watch', { path: '' }, 'usage', /path.*absolute path/],
    ['prefetch/run', { path: 'relative' }, 'usage', /path.*absolute path/],
    ['publish/run', { files: ['foo-1.0-0.conda'], to: 'oci://127.0.0.1:9/c' }, 'usage', /files\.0.*absolute path/],
    ['package/inspect', { target: 'foo-1.0-0.conda' }, 'usage', /nor an absolute path/],
    ['env/show', { path: '/x', cursor: 'made-up' }, 'usage', /cursor|page/i],
  ] as const satisfies [string, object, ErrorCode, RegExp][])(
    'refuses %s with %j: what means nothing to a daemon, whatever it means to a client',
    async (method, params, code, says) => {
      await expect(stack.client.request(method, params as never)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(says) as string,
      });
    },
  );
});
