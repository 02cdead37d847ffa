import { describe, expect, it } from 'vitest';
import { chooseNode, isUsable } from './choose-node.ts';

const own = { execPath: '/opt/code/code', electron: '37.2.3' };

describe('choosing the Node of the daemon', () => {
  it('takes the one that the user set', async () => {
    const versionOf = (program: string) => Promise.resolve(program === '/my/node' ? 'v22.1.0' : 'v20.19.0');
    expect(await chooseNode('/d.js', { configured: '/my/node', versionOf, own })).toEqual({
      command: '/my/node',
      args: ['/d.js'],
    });
  });

  it.each([
    ['v18.20.0', 'it is v18.20.0'],
    [undefined, 'does not start'],
  ])('refuses the one that the user set if it is %s, rather than taking another', async (version, words) => {
    const choice = chooseNode('/d.js', { configured: '/my/node', versionOf: () => Promise.resolve(version), own });
    await expect(choice).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining(words) as string,
    });
  });

  it('takes node on PATH before the editor', async () => {
    const choice = await chooseNode('/d.js', { configured: '', versionOf: () => Promise.resolve('v20.19.0'), own });
    expect(choice.command).toBe('node');
  });

  it('lets the editor be Node where there is none, or only an old one', async () => {
    const choice = await chooseNode('/d.js', {
      configured: undefined,
      versionOf: () => Promise.resolve('v20.18.9'),
      own,
    });
    expect(choice).toEqual({ command: '/opt/code/code', args: ['/d.js'], env: { ELECTRON_RUN_AS_NODE: '1' } });
    const server = { execPath: '/srv/node', electron: undefined };
    const remote = await chooseNode('/d.js', {
      configured: undefined,
      versionOf: () => Promise.resolve(undefined),
      own: server,
    });
    expect(remote).toEqual({ command: '/srv/node', args: ['/d.js'] });
  });

  it('knows versions', () => {
    expect(['v20.19.0', 'v20.18.3', 'v21.0.0', 'v9.99.0', 'Python 3', ''].map(isUsable)).toEqual([
      ...[true, false, true, false, false, false],
    ]);
  });
});
