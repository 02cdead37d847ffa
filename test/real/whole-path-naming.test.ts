import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EncodedReference } from '@condock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CondockHome, createCondockHome } from './support/condock.ts';
import { fixturesOrSay } from './support/fixtures.ts';

interface Vector {
  file: string;
  name: string;
  version: string;
  build: string;
  v0_repo: string;
  v0_tag: string;
  v0_valid: string;
  v1_repo: string;
  v1_tag: string;
  v1_valid: string;
  v1_hashed: boolean;
}

/** Why each vector that is marked invalid can't be named, by file name. */
const REASONS: Readonly<Record<string, RegExp>> = {
  'pkg-1.0-py37=cuda_0.conda': /"="/,
  'pyside2-2.0.0~alpha0-py27_0.tar.bz2': /character "~"/,
  'foo_-1.0-0.conda': /ends with "_"/,
  'foo--1.0-0.conda': /ends with "-"/,
  '_-1.0-0.conda': /ends with "_"/,
  'foo___bar-1.0-0.conda': /joined by "___"/,
  'foo..bar-1.0-0.conda': /joined by "\.\."/,
  'pkg-1.0-unix_py36h1af98f8_2\u0000.tar.bz2': /NUL/,
};

const fixtures = fixturesOrSay('naming vectors through the command line');
const vectors =
  fixtures === undefined ? [] : (JSON.parse(readFileSync(join(fixtures, 'naming-vectors.json'), 'utf8')) as Vector[]);
const CHANNEL = 'oci://ghcr.io/channel-mirrors/conda-forge';

describe.skipIf(fixtures === undefined)('condock ref and the naming vectors', () => {
  let home: CondockHome;
  beforeAll(() => {
    home = createCondockHome();
  });
  afterAll(() => home[Symbol.asyncDispose]());

  it.each(['v0', 'v1'] as const)(
    'name all of them in layout %s, and refuse the invalid ones with their reason',
    async (layout) => {
      const args = ['ref', '--channel', CHANNEL, '--subdir', 'linux-64', '--layout', layout];
      // A NUL gets through a pipe, but not through arguments.
      const stdin = vectors.map(({ file }) => file).join('\n');
      const done = await home.run([...args, '--json'], { stdin });
      const rows = done.json() as EncodedReference[];
      expect(rows.map(({ input }) => input)).toEqual(vectors.map(({ file }) => file));
      let refused = 0;
      for (const [at, vector] of vectors.entries()) {
        const row = rows[at]!;
        if (vector[`${layout}_valid`] !== 'ok') {
          refused += 1;
          const reason = REASONS[vector.file];
          expect(row, vector.file).toMatchObject({
            error: { code: 'illegal-name', hint: expect.any(String) as string },
          });
          expect('error' in row && row.error.message, vector.file).toMatch(reason ?? /no reason is known for it/);
          continue;
        }
        const repository = `channel-mirrors/conda-forge/linux-64/${vector[`${layout}_repo`]}`;
        const tag = vector[`${layout}_tag`];
        expect(row).toEqual({
          input: vector.file,
          reference: `oci://ghcr.io/${repository}:${tag}`,
          repository,
          tag,
          hashed: layout === 'v1' && vector.v1_hashed,
          layout,
        });
      }
      expect(refused).toBeGreaterThan(6);
      expect(done.code).toBe(3);
      expect(done.stderr).toBe('');

      const text = await home.run(args, { stdin });
      expect(text.code).toBe(3);
      expect(text.stderr.trim().split('\n')).toHaveLength(refused);
      expect(text.stdout.trim().split('\n')).toEqual(
        rows.flatMap((row) => ('reference' in row ? [row.reference] : [])),
      );
      for (const row of rows) if ('error' in row) expect(text.stderr).toContain(row.error.message);
    },
  );

  it('reads every v1 name back exactly', async () => {
    const valid = vectors.filter((vector) => vector.v1_valid === 'ok');
    const inputs = valid.map(({ v1_repo, v1_tag }) => `${CHANNEL}/linux-64/${v1_repo}:${v1_tag}`);
    const done = await home.succeed(['ref', '--decode', '--layout', 'v1', '--json', ...inputs]);
    expect(done.json()).toEqual(
      valid.map(({ name, version, build, v1_hashed }, at) => ({
        input: inputs[at],
        channel: CHANNEL,
        subdir: 'linux-64',
        ...(v1_hashed ? { name: null, version: null, build: null } : { name, version, build }),
        hashed: v1_hashed,
        layout: 'v1',
      })),
    );
  });

  it('exits with 1 where nothing could be named, and needs no network and no daemon for it', async () => {
    const lonely = createCondockHome();
    try {
      const done = await lonely.run(['ref', '--no-daemon', '--channel', CHANNEL, 'foo..bar-1.0-0.conda']);
      expect(done).toMatchObject({ code: 1, stdout: '' });
      expect(done.stderr).toContain('foo..bar');
      expect(await lonely.registrations()).toEqual([]);
    } finally {
      await lonely[Symbol.asyncDispose]();
    }
  });
});
