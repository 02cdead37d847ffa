import type { Command } from './command.ts';

interface Entry {
  name: string;
  summary: string;
  load: () => Promise<Command>;
}

/** Every command by name. Only the one that is called is loaded: start-up counts. */
export const catalog: readonly Entry[] = [
  entry(
    'env list',
    'environments of this folder and this machine',
    async () => (await import('./commands/env-list.ts')).envList,
  ),
  entry(
    'env show',
    'packages of an environment: reference, digest, size, state',
    async () => (await import('./commands/env-show.ts')).envShow,
  ),
  entry(
    'ref',
    'name packages as OCI references, or read references back',
    async () => (await import('./commands/ref.ts')).ref,
  ),
  entry('show', 'what is inside a package', async () => (await import('./commands/show.ts')).show),
  entry(
    'prefetch',
    "bring an environment's packages into the store",
    async () => (await import('./commands/prefetch.ts')).prefetch,
  ),
  entry(
    'publish',
    'put builds into a channel in a registry',
    async () => (await import('./commands/publish.ts')).publish,
  ),
  entry('login', 'check a credential and keep it', async () => (await import('./commands/login.ts')).login),
  entry('logout', 'forget what login kept', async () => (await import('./commands/logout.ts')).logout),
  entry(
    'sessions',
    'registries with a session or a credential',
    async () => (await import('./commands/sessions.ts')).sessions,
  ),
  entry(
    'cache status',
    'where the store is and how full',
    async () => (await import('./commands/cache.ts')).cacheStatus,
  ),
  entry('cache verify', 'hash every blob again', async () => (await import('./commands/cache.ts')).cacheVerify),
  entry('cache gc', 'remove what nothing needs', async () => (await import('./commands/cache.ts')).cacheGc),
  entry('cache pin', 'keep what an environment needs', async () => (await import('./commands/cache.ts')).cachePin),
  entry('cache unpin', 'the opposite of pin', async () => (await import('./commands/cache.ts')).cacheUnpin),
  entry(
    'cache export',
    'copy the store as an OCI image layout',
    async () => (await import('./commands/cache.ts')).cacheExport,
  ),
  entry(
    'channel serve',
    'serve channels to conda, mamba and pixi over loopback',
    async () => (await import('./commands/channel-server.ts')).channelServe,
  ),
  entry(
    'channel stop',
    'end the loopback channel',
    async () => (await import('./commands/channel-server.ts')).channelStop,
  ),
  entry(
    'channel status',
    'what the loopback channel serves',
    async () => (await import('./commands/channel-server.ts')).channelStatus,
  ),
  entry(
    'channel url',
    'the loopback URL of a channel',
    async () => (await import('./commands/channel-server.ts')).channelUrl,
  ),
  entry(
    'channel index',
    'rebuild repodata from the registry alone',
    async () => (await import('./commands/channel-index.ts')).channelIndex,
  ),
  entry(
    'channel diff',
    'where a channel and its repodata disagree',
    async () => (await import('./commands/channel-index.ts')).channelDiff,
  ),
  entry(
    'channel remove',
    'take builds out of a channel',
    async () => (await import('./commands/channel-edit.ts')).channelRemove,
  ),
  entry(
    'channel copy',
    'copy or convert a channel',
    async () => (await import('./commands/channel-edit.ts')).channelCopy,
  ),
  entry(
    'channel attach',
    'attach a file to a package as a referrer',
    async () => (await import('./commands/channel-referrers.ts')).channelAttach,
  ),
  entry(
    'channel referrers',
    'what is attached to a package',
    async () => (await import('./commands/channel-referrers.ts')).channelReferrers,
  ),
  entry(
    'setup',
    'point pixi, mamba or conda at the loopback channel',
    async () => (await import('./commands/setup.ts')).setup,
  ),
  entry(
    'registry serve',
    'a small OCI registry over a directory',
    async () => (await import('./commands/registry-serve.ts')).registryServe,
  ),
  entry(
    'registry test',
    'what a registry is and can do',
    async () => (await import('./commands/registry-test.ts')).registryTest,
  ),
  entry(
    'daemon start',
    'start the daemon, or find it running',
    async () => (await import('./commands/daemon.ts')).daemonStart,
  ),
  entry(
    'daemon stop',
    'let jobs end, then end the daemon',
    async () => (await import('./commands/daemon.ts')).daemonStop,
  ),
  entry(
    'daemon status',
    'what the daemon is and does',
    async () => (await import('./commands/daemon.ts')).daemonStatus,
  ),
  entry('daemon log', "the end of the daemon's log", async () => (await import('./commands/daemon.ts')).daemonLog),
];

function entry(name: string, summary: string, load: () => Promise<Command>): Entry {
  return { name, summary, load };
}

/** The command that the words name, and the words that are left for it. The longest name wins. */
export function findCommand(words: readonly string[]): { entry: Entry; rest: string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const found = catalog.find((e) => e.name === name);
    if (found !== undefined && words.length >= length) return { entry: found, rest: words.slice(length) };
  }
  return undefined;
}
