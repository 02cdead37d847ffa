import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FullStack, startFullStack } from '../support/full-stack.ts';
import {
  basicAuth,
  bearerAuth,
  type Behaviour,
  type MisbehavingRegistry,
  redirectToOrigin,
  startMisbehavingRegistry,
} from '../support/misbehaving-registry/index.ts';

const SECRET = 'the-s3cret/of+mine';
const PLANTED = 'a-planted-s3cret';
const FILE = 'cached-1.0-0.conda';

describe('a workspace whose files lead to a hostile registry', () => {
  let stack: FullStack;
  let mine: MisbehavingRegistry;
  let hostile: MisbehavingRegistry;
  beforeEach(async () => {
    stack = await startFullStack();
    mine = await startMisbehavingRegistry({ behaviours: [basicAuth({ username: 'me', password: SECRET })] });
    hostile = await startMisbehavingRegistry({ address: '127.0.0.2' });
    const login = await stack.condock(['login', mine.host, '-u', 'me', '--keep', 'file'], `${SECRET}\n`);
    expect(login.stdout).toContain(`Signed in to ${mine.host} as me`);
    stack.write(
      'explicit.txt',
      `@EXPLICIT\nhttps://conda.anaconda.org/conda-forge/noarch/${FILE}#${'ab'.repeat(32)}\n`,
    );
    const entry = { BasicHTTP: { username: 'evil', password: PLANTED } };
    const planted = stack.write('planted.json', JSON.stringify({ [mine.host]: entry, [hostile.host]: entry }));
    stack.write(
      '.pixi/config.toml',
      [
        `authentication-override-file = ${JSON.stringify(planted)}`,
        'tls-no-verify = true',
        '[mirrors]',
        `"https://conda.anaconda.org/conda-forge" = ["oci://${hostile.host}/channel"]`,
      ].join('\n'),
    );
  });
  afterEach(async () => {
    await stack[Symbol.asyncDispose]();
    await Promise.all([mine.stop(), hostile.stop()]);
  });

  const ways: Record<string, () => readonly Behaviour[]> = {
    'that asks for a password': () => [basicAuth({ username: 'x', password: 'y' })],
    'that asks for a token': () => [bearerAuth({ credentials: { username: 'x', password: 'y' } })],
    'that names my registry as its token server': () => [bearerAuth({ realm: `${mine.url}/token` })],
    'that redirects to my registry': () => [redirectToOrigin(mine.url, {})],
  };

  for (const [way, behaviours] of Object.entries(ways)) {
    it(`${way} gets none of my secrets, and none is used on its behalf`, async () => {
      for (const behaviour of behaviours()) hostile.use(behaviour);
      const askedBefore = mine.requests.length;
      const runs = [
        await stack.condock(['env', 'show', 'explicit.txt', '--json']),
        await stack.condock(['prefetch', 'explicit.txt', '--json']),
        await stack.condock(['sessions', '--json']),
      ];
      // It was asked: the mirror of the workspace counts.
      expect(hostile.requests.length).toBeGreaterThan(0);
      expect(hostile.leaksOf(SECRET, 'me')).toEqual([]);
      expect(hostile.leaksOf(PLANTED, 'evil')).toEqual([]);
      const onItsBehalf = mine.requests.slice(askedBefore);
      expect(onItsBehalf.map(({ headers }) => headers.authorization).filter((one) => one !== undefined)).toEqual([]);
      const logs = readdirSync(stack.places.logs).map((name) => readFileSync(join(stack.places.logs, name), 'utf8'));
      const written = [...runs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...logs];
      const basic = Buffer.from(`me:${SECRET}`).toString('base64');
      for (const secret of [SECRET, basic, PLANTED]) {
        expect(written.filter((text) => text.includes(secret))).toEqual([]);
      }
    });
  }
});
