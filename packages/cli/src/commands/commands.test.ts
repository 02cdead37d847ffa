import type { EnvironmentPackage, ErrorDocument, PackageState } from '@condock/protocol';
import { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { runWith } from '../testing/run-with.ts';

const SILENT: ErrorDocument = { code: 'unreachable', message: 'h.example is silent.', hint: 'Check the network.' };

function packageOf(name: string, state: PackageState, error?: ErrorDocument): EnvironmentPackage {
  return {
    name,
    version: '1.0',
    build: 'h0_0',
    subdir: 'linux-64',
    kind: 'conda',
    fileName: `${name}-1.0-h0_0.conda`,
    channel: 'https://c.example/forge',
    url: null,
    sha256: null,
    md5: null,
    size: 1_000_000,
    license: null,
    reference: `oci://h.example/forge/linux-64/${name}:1.0-h0_0`,
    layout: 'v0',
    state,
    digest: `sha256:${'a'.repeat(64)}`,
    source: null,
    ...(error === undefined ? {} : { error }),
  };
}

const listing = (packages: EnvironmentPackage[]) => ({
  path: '/folder',
  kind: 'pixi-workspace' as const,
  environments: [
    { name: 'default', platform: 'linux-64', packages },
    { name: 'docs', platform: 'osx-arm64', packages: [] },
  ],
  warnings: ['one record was unreadable'],
});

describe('condock env show', () => {
  const packages = [
    packageOf('alpha', 'cached'),
    packageOf('beta', 'available'),
    packageOf('gamma', 'unreachable', SILENT),
    packageOf('delta', 'unreachable', { ...SILENT, message: 'h.example is still silent.' }),
  ];
  const answers = { 'env/show': () => listing(packages) };

  it('shows a table for each environment, sums up, and says once why packages are not to be had', async () => {
    const { code, out, err } = await runWith(['env', 'show'], { answers });
    expect(code).toBe(0);
    expect(out).toMatch(/^default, linux-64\nNAME +VERSION +BUILD +SIZE +DIGEST +STATE +REFERENCE\nalpha .*cached/);
    expect(out).toMatch(/4 packages: 2 unreachable, 1 cached, 1 available \(1\.0 MB to go\)\n/);
    expect(out).toContain('docs, osx-arm64\n0 packages\n');
    expect(out).toMatch(/unreachable \(2\): h\.example is silent\.\n {2}Check the network\.\n$/);
    expect(err).toBe('warning: one record was unreadable\n');
  });

  it('fits a narrow terminal: a reference of which nothing could be read is left out', async () => {
    const { out, err } = await runWith(['env', 'show'], { answers, columns: 40 });
    expect(err).toContain('No room for BUILD, DIGEST, REFERENCE: a wider terminal, a pipe or --json has it.\n');
    for (const line of out.split('\n').slice(0, 6)) expect(line.length).toBeLessThanOrEqual(40);
    expect(out).not.toContain('REFERENCE');
    expect(out).toMatch(/^gamma .*unreachable$/m);
  });

  it('shows whole digests where they are asked for, whatever the terminal', async () => {
    const { out } = await runWith(['env', 'show', '--digests'], { answers, columns: 80 });
    expect(out).toMatch(/^alpha .* sha256:[0-9a-f]{64} /m);
  });

  it('passes on what narrows it, and paths made absolute', async () => {
    const { calls } = await runWith(['env', 'show', 'sub', '-e', 'docs', '-p', 'osx-arm64', '--no-check'], { answers });
    expect(calls).toMatchObject([
      {
        method: 'env/show',
        params: { path: '/folder/sub', environment: 'docs', platform: 'osx-arm64', check: false },
      },
    ]);
  });

  it('with --json gives the listing as it is', async () => {
    const { out } = await runWith(['env', 'show', '--json'], { answers });
    expect(JSON.parse(out)).toEqual(listing(packages));
  });
});

describe('condock env list', () => {
  const one = (path: string) => ({
    path,
    kind: 'pixi-workspace' as const,
    names: ['default'],
    platforms: ['linux-64', 'osx-64', 'osx-arm64', 'win-64'],
    note: 'installed by pixi',
  });
  const answers = {
    'env/discover': () => ({
      environments: [one('/folder'), one('/folder/sub/project'), one('/elsewhere/with/a/name/that/is/long')],
      warnings: [],
    }),
  };

  it('names what is in this folder as one would type it, and gives up notes before paths', async () => {
    const wide = await runWith(['env', 'list'], { answers, env: { CONDA_PREFIX: '/mine', HOME: '/h' } });
    expect(wide.calls).toMatchObject([{ params: { folders: ['/folder'], variables: { CONDA_PREFIX: '/mine' } } }]);
    expect(wide.out).toMatch(/^\. +pixi-workspace/m);
    expect(wide.out).toMatch(/^sub\/project .*installed by pixi\n/m);
    const { out } = await runWith(['env', 'list'], { answers, columns: 80 });
    expect(out).toMatch(/^\/elsewhere\/with\/a\/name\/that\/is\/long +pixi-workspace/m);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('condock prefetch', () => {
  const failed = [{ name: 'beta', state: 'unreachable' as const, error: SILENT }];
  const report = { requested: 2, fetched: 1, cached: 0, failed, bytes: 1000, seconds: 2 };
  const answers = (change: Partial<typeof report> = {}) => ({ 'prefetch/run': () => ({ ...report, ...change }) });

  it.each([
    [0, { failed: [], fetched: 2 }],
    [3, {}],
    [1, { requested: 1, fetched: 0 }],
    [0, { requested: 0, fetched: 0, failed: [] }],
  ])('exits with %i for %j', async (code, change) => {
    expect((await runWith(['prefetch'], { answers: answers(change) })).code).toBe(code);
    expect((await runWith(['prefetch', '--json'], { answers: answers(change) })).code).toBe(code);
  });

  it('says what failed and what to do, with --quiet too', async () => {
    const { out, err } = await runWith(['prefetch', '--quiet'], { answers: answers() });
    expect(out).toBe('1 fetched, 0 were there already, 1 not available: 1.0 kB in 2.0 s, 500 B/s\n');
    expect(err).toBe('unreachable  beta: h.example is silent.\n  Check the network.\n');
  });

  it('shows bytes and packages as they come, and leaves nothing of that behind', async () => {
    const { err } = await runWith(['prefetch'], {
      columns: 80,
      answers: {
        'prefetch/run': (_, progress) => {
          progress({ kind: 'begin', title: 'Prefetch 2 packages', total: { packages: 2, bytes: 2000 } });
          progress({ kind: 'end' });
          return { ...report, failed: [] };
        },
      },
    });
    expect(err).toMatch(/Prefetch 2 packages {2}0\/2 {2}0 B of 2\.0 kB/);
    expect(err.endsWith('\r\x1b[2K')).toBe(true);
  });

  it('says on a terminal how many more of a kind failed, and all of them elsewhere', async () => {
    const many = Array.from({ length: 25 }, (_, n) => ({ ...failed[0]!, name: `p${n}` }));
    const all = { 'prefetch/run': () => ({ ...report, requested: 26, failed: many }) };
    const onTerminal = await runWith(['prefetch'], { answers: all, columns: 80 });
    expect(onTerminal.err).toMatch(
      /unreachable {2}p9: .*\nand 15 more; --json lists them all\.\n {2}Check the network\.\n$/,
    );
    expect((await runWith(['prefetch'], { answers: all })).err).toMatch(
      /p24: h\.example is silent\.\n {2}Check the network\.\n$/,
    );
  });

  it('says of how many environments it brought the packages, unless that was narrowed', async () => {
    const environments = ['linux-64', 'win-64'].map((platform) => ({ name: 'default', platform }));
    const several = { 'prefetch/run': () => ({ ...report, failed: [], environments }) };
    const { err } = await runWith(['prefetch'], { answers: several });
    expect(err).toBe(
      'These were the packages of 2 environments: default on linux-64, default on win-64. Narrow it with -e and -p.\n',
    );
    expect((await runWith(['prefetch', '-p', 'win-64'], { answers: several })).err).toBe('');
  });

  it('says that the same command goes on where it was interrupted', async () => {
    const { code, err } = await runWith(['prefetch'], {
      answers: { 'prefetch/run': () => Promise.reject(new CondockError('cancelled', 'Stopped.')) },
    });
    expect(code).toBe(1);
    expect(err).toBe('What came so far is kept: the same command goes on from there.\nCancelled.\n');
  });
});

describe('condock publish', () => {
  const row = {
    file: '/folder/a-1-0.conda',
    reference: 'oci://h/c/noarch/a:1-0',
    manifestDigest: `sha256:${'b'.repeat(64)}`,
    layout: 'v0' as const,
    blobs: [
      { digest: `sha256:${'c'.repeat(64)}`, size: 1000, moved: 'uploaded' as const },
      { digest: `sha256:${'d'.repeat(64)}`, size: 10, moved: 'present' as const },
    ],
  };
  const bad = { ...row, file: '/folder/b', reference: null, manifestDigest: null, blobs: [], error: SILENT };
  const publish = (rows: (typeof row | typeof bad)[], ...more: string[]) =>
    runWith(['publish', 'a-1-0.conda', '--to', 'oci://h/c', ...more], { answers: { 'publish/run': () => rows } });

  it.each([
    [0, [row]],
    [3, [row, bad]],
    [1, [bad]],
  ])('exits with %i', async (code, rows) => {
    expect((await publish(rows)).code).toBe(code);
  });

  it('says what moved, and beside it what failed', async () => {
    const { out, err } = await publish([row, bad], '--quiet');
    expect(out).toContain('published  oci://h/c/noarch/a:1-0\n');
    expect(out).toContain('blobs: 1 uploaded (1.0 kB), 1 present\n');
    expect(err).toBe('failed  /folder/b: h.example is silent.\n        Check the network.\n');
  });

  it('passes on once what is unusual about an archive, whatever the layouts', async () => {
    const unusual = { ...row, warnings: ['info/x leads to no file.'] };
    const { code, err } = await publish([unusual, { ...unusual, layout: 'v1' as never }]);
    expect({ code, err }).toEqual({ code: 0, err: 'warning: /folder/a-1-0.conda: info/x leads to no file.\n' });
  });

  it('says of a dry run what would happen', async () => {
    const { out, calls } = await publish([row], '--dry-run');
    expect(out).toMatch(/^would publish .*\n.*1 to upload \(1\.0 kB\), 1 present/);
    expect(calls).toMatchObject([{ params: { dryRun: true, index: true, force: false } }]);
  });
});

describe('condock ref', () => {
  const good = { input: 'a-1-0.conda', reference: 'oci://h/c/noarch/a:1-0', repository: 'c/noarch/a', tag: '1-0' };
  const bad = { input: 'b', error: { code: 'illegal-name' as const, message: 'b is no name.' } };
  const answers = (rows: unknown[]) => ({ 'ref/encode': () => rows as never });

  it('takes names by the line from a pipe, and reports each failure beside the references', async () => {
    const { code, out, err, calls } = await runWith(['ref', '--quiet', '-c', 'oci://h/c'], {
      stdin: 'a-1-0.conda\nb\n',
      answers: answers([good, bad]),
    });
    expect(calls).toMatchObject([{ params: { inputs: ['a-1-0.conda', 'b'], channel: 'oci://h/c' } }]);
    expect({ code, out, err }).toEqual({ code: 3, out: `${good.reference}\n`, err: 'b: b is no name.\n' });
  });

  it('says failures in the document alone with --json, and no secret out of an input', async () => {
    expect((await runWith(['ref', 'x', '--json'], { answers: answers([good, bad]) })).err).toBe('');
    const secret = { ...bad, input: 'oci://me:pw@h/c' };
    expect((await runWith(['ref', 'x'], { answers: answers([secret]) })).err).toBe('oci://***@h/c: b is no name.\n');
  });

  it.each([
    [0, [good]],
    [1, [bad]],
  ])('exits with %i', async (code, rows) => {
    expect((await runWith(['ref', 'x'], { answers: answers(rows) })).code).toBe(code);
  });
});

describe('condock show', () => {
  const inside = { index: { name: 'a' }, about: null, runExports: { weak: ['a >=1'] }, warnings: [] };
  const answers = { 'package/inspect': () => inside as never };

  it('prints one part as JSON, with and without --json', async () => {
    for (const more of [[], ['--json']]) {
      const { out } = await runWith(['show', 'oci://h/c/noarch/a:1-0', '--part', 'run_exports', ...more], { answers });
      expect(JSON.parse(out)).toEqual({ weak: ['a >=1'] });
    }
  });

  it('knows which parts there are', async () => {
    const { code, err, calls } = await runWith(['show', 'x', '--part', 'files'], { answers });
    expect({ code, calls }).toEqual({ code: 2, calls: [] });
    expect(err).toMatch(/"files" is no part of a package\.\n.*index, about, run_exports/);
  });
});

describe('condock cache verify', () => {
  it('fails where a blob is bad, and says which', async () => {
    const digest = `sha256:${'e'.repeat(64)}`;
    const { code, out } = await runWith(['cache', 'verify'], {
      answers: { 'cache/verify': () => ({ checked: 2, bad: [{ digest, reason: 'other bytes' }] }) },
    });
    expect(code).toBe(1);
    expect(out).toBe(`2 blobs checked, 1 bad\n  ${digest}: other bytes\n`);
  });
});
