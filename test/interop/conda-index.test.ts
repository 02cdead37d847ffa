import { cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRegistry } from '../../packages/daemon/src/http/registry/index.ts';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { fixturesOrSay, packagesBelow } from '../real/support/fixtures.ts';
import { buildPackages, type PackageSpec } from '../support/packages/index.ts';
import { type ChannelTools, createChannelTools, type ListedRepodata } from './support/channel-tools.ts';
import { pythonClientsOrSay } from './support/clients.ts';
import { buildEnvironment } from './support/packages.ts';
import { createPythonClient, type PythonClient } from './support/python-client.ts';
import { readDocumentOf } from './support/read-registry.ts';

const SUITE = "metadata as conda's own indexer makes it";
const python = await pythonClientsOrSay(SUITE);
const fixtures = python === undefined ? undefined : fixturesOrSay(`${SUITE}, of real packages`);

type Records = Record<string, Record<string, unknown>>;
interface Channeldata {
  packages: Records;
}
type Document = ListedRepodata | Channeldata;

const text = (content: string, fileMode: 'text' | 'binary' = 'text') =>
  ({ content, prefixPlaceholder: '/opt/placeholder', fileMode }) as const;

/** What no real package at hand has: every script and prefix that channeldata tells of, exports of several versions, a newer build. */
const SPECS: readonly PackageSpec[] = [
  {
    name: 'scripted',
    subdir: 'linux-64',
    files: {
      'etc/conda/activate.d/scripted.sh': 'true\n',
      'etc/conda/deactivate.d/scripted.sh': 'true\n',
      'bin/.scripted-pre-link.sh': 'true\n',
      'bin/.scripted-post-link.sh': text('#!/opt/placeholder/bin/sh\n'),
      'lib/libscripted.so': text('\u007fELF /opt/placeholder\u0000', 'binary'),
    },
  },
  { name: 'scripted', version: '0.9', noarch: 'generic', files: { 'Scripts/.scripted-pre-unlink.bat': 'rem\n' } },
  { name: 'exports', version: '1', subdir: 'linux-64', runExports: { weak: ['exports >=1'] } },
  {
    name: 'exports',
    version: '2',
    subdir: 'linux-64',
    runExports: { strong: ['exports >=2'] },
    summary: 'of the second',
  },
  {
    name: 'exports',
    version: '2',
    build: 'new_1',
    subdir: 'linux-64',
    timestamp: 1_800_000_000_000,
    runExports: { strong: ['exports >=2,<3'] },
  },
  {
    name: 'exports',
    version: '10',
    subdir: 'osx-arm64',
    depends: ['b', 'a'],
    constrains: ['c'],
    license: 'BSD-3-Clause',
  },
];

describe.skipIf(python === undefined)("a channel's metadata", () => {
  let home: CondockHome;
  let tools: ChannelTools;
  let clients: PythonClient;
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let files: string[];
  /** What conda-index says, by path in the channel. */
  let theirs: Map<string, Document>;

  beforeAll(async () => {
    home = createCondockHome();
    tools = createChannelTools(home);
    clients = await createPythonClient(python!);
    registry = await startRegistry({ directory: join(home.path, 'registry') });
    const built = await buildPackages(SPECS, join(home.path, 'specs'));
    const environment = await buildEnvironment(join(home.path, 'build'));
    // Its members lie in a folder, where conda's tools don't find them; Condock publishes it with a warning.
    const real =
      fixtures === undefined
        ? []
        : packagesBelow(join(fixtures, 'packages')).filter((f) => !f.includes('ca-certificates'));
    files = [...built, ...environment].map((p) => p.path).concat(real);
    const rows = await tools.publish(files, channelOf('v1'), 'v1');
    const folder = join(clients.folder, 'channel');
    for (const { file, reference } of rows) {
      const subdir = reference!.split('/').at(-2)!;
      await mkdir(join(folder, subdir), { recursive: true });
      await cp(file, join(folder, subdir, basename(file)));
    }
    theirs = new Map(Object.entries(await clients.ask<Record<string, Document>>('conda_index', { folder })));
  });
  afterAll(async () => {
    await clients[Symbol.asyncDispose]();
    await home[Symbol.asyncDispose]();
    await registry.stop();
  });

  const channelOf = (name: string): string => `oci://${new URL(registry.url).host}/${name}`;
  const subdirs = (): string[] => [...theirs.keys()].flatMap((path) => /^(.+)\/repodata\.json$/.exec(path)?.[1] ?? []);
  const ours = async <T>(channel: string, repository: string): Promise<T> =>
    (await readDocumentOf<T>(channelOf(channel), repository)).json;

  /** conda-index leaves out what index.json does not say; solvers want `depends`, and get an empty one from Condock. */
  const theirRepodata = (subdir: string, changed = (record: Record<string, unknown>) => record): ListedRepodata => {
    const document = theirs.get(`${subdir}/repodata.json`) as ListedRepodata;
    const whole = (records: Records): Records =>
      Object.fromEntries(Object.entries(records).map(([name, record]) => [name, changed({ depends: [], ...record })]));
    return { ...document, packages: whole(document.packages), 'packages.conda': whole(document['packages.conda']) };
  };
  /** conda-index says the time of the build that it looked at last; Condock that of the newest. */
  const theirChanneldata = (): Channeldata => {
    const document = theirs.get('channeldata.json') as Channeldata;
    const times = new Map<string, number>();
    for (const subdir of subdirs()) {
      const { packages, 'packages.conda': conda } = theirs.get(`${subdir}/repodata.json`) as ListedRepodata;
      for (const { name, timestamp = 0 } of Object.values({ ...packages, ...conda }) as {
        name: string;
        timestamp?: number;
      }[])
        times.set(name, Math.max(times.get(name) ?? 0, Math.floor(timestamp / 1000)));
    }
    const packages = Object.entries(document.packages).map(([name, entry]) => [
      name,
      { ...entry, timestamp: times.get(name) },
    ]);
    return { ...document, packages: Object.fromEntries(packages) as Records };
  };

  it('lists every package as conda-index does, record by record, in both layouts', async () => {
    await tools.publish(files, channelOf('v0'), 'v0');
    expect(subdirs().length).toBeGreaterThan(2);
    for (const subdir of subdirs()) {
      expect(await ours('v1', `${subdir}/mrepodata.json`), subdir).toEqual(theirRepodata(subdir));
      expect(await ours('v0', `${subdir}/repodata.json`), subdir).toEqual(theirRepodata(subdir));
    }
  });

  it('says of run_exports and of the whole channel what conda-index says', async () => {
    for (const subdir of subdirs())
      expect(await ours('v1', `${subdir}/mrun_exports.json`), subdir).toEqual(theirs.get(`${subdir}/run_exports.json`));
    expect(await ours('v1', 'channeldata.json')).toEqual(theirChanneldata());
  });

  it('says the same where it was rebuilt from what the registry holds alone, but for the MD5 that v1 does not know', async () => {
    await tools.publish(files, channelOf('bare'), 'v1', '--no-index');
    await tools.json('channel', 'index', channelOf('bare'), '--layout', 'v1');
    const withoutMd5 = (record: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'md5'));
    for (const subdir of subdirs()) {
      expect(await ours('bare', `${subdir}/mrepodata.json`), subdir).toEqual(theirRepodata(subdir, withoutMd5));
      expect(await ours('bare', `${subdir}/mrun_exports.json`), subdir).toEqual(
        theirs.get(`${subdir}/run_exports.json`),
      );
    }
    expect(await ours('bare', 'channeldata.json')).toEqual(theirChanneldata());
  });
});
