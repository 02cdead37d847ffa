import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from '../real/support/docker-registry.ts';
import { type BuiltPackage, buildPackages } from '../support/packages/index.ts';
import { type ChannelTools, createChannelTools } from './support/channel-tools.ts';

const missing = dockerRegistryMissing();
if (missing !== undefined) console.log(`Skipped: indexing and removing while others publish. ${missing}.`);

const PUBLISHERS = 3;
const RUNS = 4;
const AT_A_TIME = 4;
const THERE_BEFORE = 24;

describe.skipIf(missing !== undefined)('a channel that is indexed and cleaned while others publish to it', () => {
  let registry: DockerRegistry;
  const homes: CondockHome[] = [];
  let before: BuiltPackage[];
  let added: BuiltPackage[][];
  let channel: string;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    channel = `oci://${registry.host}/busy`;
    const folder = newHome().home.path;
    const named = (prefix: string, count: number) =>
      buildPackages(
        Array.from({ length: count }, (_, at) => ({ name: `${prefix}-${String(at)}`, subdir: 'linux-64' })),
        join(folder, prefix),
      );
    before = await named('before', THERE_BEFORE);
    added = [];
    for (let n = 0; n < PUBLISHERS; n += 1) added.push(await named(`added-${String(n)}`, RUNS * AT_A_TIME));
  });
  afterAll(async () => {
    for (const home of homes) await home[Symbol.asyncDispose]();
    await registry.stop();
  });

  const newHome = (): { home: CondockHome; tools: ChannelTools } => {
    const home = createCondockHome();
    homes.push(home);
    return { home, tools: createChannelTools(home) };
  };
  const nameOf = ({ fileName }: BuiltPackage) => `linux-64/${fileName}`;

  it('lists all that was reported published, nothing that was reported removed or yanked, and what was there before', async () => {
    const first = newHome();
    await first.tools.publish(
      before.map((p) => p.path),
      channel,
      'v0',
    );
    const [removed, yanked, kept] = [before.slice(0, 6), before.slice(6, 12), before.slice(12)];

    let busy = PUBLISHERS;
    const publishAll = async (packages: readonly BuiltPackage[]): Promise<void> => {
      const { tools } = newHome();
      for (let at = 0; at < packages.length; at += AT_A_TIME)
        await tools.publish(
          packages.slice(at, at + AT_A_TIME).map((p) => p.path),
          channel,
          'v0',
        );
      busy -= 1;
    };
    let indexed = 0;
    const indexAll = async (): Promise<void> => {
      const { home } = newHome();
      for (; busy > 0; indexed += 1) await home.succeed(['channel', 'index', channel]);
    };
    const takeOut = async (packages: readonly BuiltPackage[], ...more: string[]): Promise<void> => {
      const { tools } = newHome();
      for (let at = 0; at < packages.length; at += 2) {
        const pair = packages.slice(at, at + 2).map(nameOf);
        const rows = await tools.json('channel', 'remove', channel, ...pair, ...more);
        expect(rows).toEqual(pair.map((name) => ({ package: name, done: true })));
      }
    };
    await Promise.all([...added.map(publishAll), indexAll(), indexAll(), takeOut(removed), takeOut(yanked, '--yank')]);
    expect(indexed).toBeGreaterThan(1);

    const expected = [...kept, ...added.flat()].map((p) => [p.fileName, p.sha256]).sort();
    const listed = async () => {
      const { 'packages.conda': records } = (await first.tools.repodata(channel, 'v0')).json;
      return Object.entries(records)
        .map(([name, { sha256 }]) => [name, sha256])
        .sort();
    };
    expect(await listed()).toEqual(expected);
    expect(await first.tools.json('channel', 'diff', channel)).toEqual({ differences: [], warnings: [] });
    // Looked through once more, with nobody else about: all of it was right.
    expect(await first.tools.json('channel', 'index', channel)).toMatchObject({
      subdirs: [
        { subdir: 'linux-64', added: 0, removed: 0 },
        { subdir: 'noarch', added: 0, removed: 0 },
      ],
    });
    expect(await listed()).toEqual(expected);
  });
});
