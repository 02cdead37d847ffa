import { readFileSync } from 'node:fs';
import { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { catalog } from './catalog.ts';
import { overview } from './help.ts';
import { runWith } from './testing/run-with.ts';

const status = { path: '/store', blobs: 2, bytes: 3000, quota: null, partial: 1, pinned: 0 };
const answers = { 'cache/status': () => status };

describe('condock', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('with %j shows every command there is', async (args) => {
    const { code, out, connected } = await runWith(args);
    expect(code).toBe(0);
    for (const { name, summary } of catalog) expect(out).toContain(`\n  ${name.padEnd(20)}${summary}\n`);
    expect(connected).toBeUndefined();
  });

  it('says its version', async () => {
    expect(await runWith(['--version'])).toMatchObject({ code: 0, out: 'condock 1.2.3\n' });
  });

  it.each(catalog.map(({ name }) => name))('explains %s, whose name is its own', async (name) => {
    const entry = catalog.find((e) => e.name === name);
    expect((await entry?.load())?.name).toBe(name);
    const asked = await runWith([...name.split(' '), '--help']);
    expect(asked).toMatchObject({ code: 0, err: '', connected: undefined });
    expect(asked.out).toContain(`Usage: condock ${name}`);
    expect((await runWith(['help', ...name.split(' ')])).out).toBe(asked.out);
    expect(overview('1')).toContain(`  ${name} `);
  });

  it('has every command that the README names, and no other', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const listed = /## Commands\n\n```\n([^]*?)```/.exec(readme)?.[1] ?? '';
    const missing = catalog.filter(({ name }) => {
      const [group = '', verb] = name.split(' ');
      const lines = listed.split('\n').filter((line) => new RegExp(`(^condock|\\|) ${group}\\b`).test(line));
      return !lines.some((line) => verb === undefined || new RegExp(`\\b${verb}\\b`).test(line));
    });
    expect(missing.map(({ name }) => name)).toEqual([]);
    for (const [, name = ''] of listed.matchAll(/^condock ([a-z]+)/gm)) {
      expect(catalog.some((entry) => entry.name.split(' ')[0] === name)).toBe(true);
    }
  });

  it.each([
    [['cache'], /"cache".*\n.*condock cache status.*condock cache gc/],
    [['cach', 'status'], /"cach status".*\n.*condock cache status/],
    [['prefech'], /"prefech".*\n.*Did you mean: condock prefetch\?/],
    [['envshow'], /"envshow".*\n.*Did you mean: condock env show\?/],
    [['help', 'shwo'], /"shwo".*\n.*condock show\?/],
    [['xyzzy'], /"xyzzy".*\n.*See: condock --help/],
  ] as const)('with %j says what may have been meant', async (args, says) => {
    const { code, out, err } = await runWith(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(says);
  });

  it('takes its options anywhere, and what follows -- as no option', async () => {
    for (const args of [
      ['--json', 'cache', 'status'],
      ['cache', '--json', 'status'],
      ['cache', 'status', '--json'],
    ]) {
      const { code, out } = await runWith(args, { answers });
      expect(code).toBe(0);
      expect(JSON.parse(out)).toEqual(status);
    }
    const { calls } = await runWith(['show', '--', '--help'], {});
    expect(calls).toEqual([{ method: 'package/inspect', params: { target: '/folder/--help' } }]);
  });

  it('works in this process only where it is told to', async () => {
    expect((await runWith(['cache', 'status'], { answers })).connected).toEqual({ noDaemon: false });
    expect((await runWith(['cache', 'status', '--no-daemon'], { answers })).connected).toEqual({ noDaemon: true });
  });

  it('refuses a CONDOCK_HOME that would silently not count', async () => {
    const { code, err, connected } = await runWith(['cache', 'status'], { answers, env: { CONDOCK_HOME: 'here' } });
    expect({ code, connected }).toEqual({ code: 2, connected: undefined });
    expect(err).toMatch(/CONDOCK_HOME has to be an absolute path; it is "here"\./);
    expect((await runWith(['cache', 'status'], { answers, env: { CONDOCK_HOME: '' } })).code).toBe(0);
  });

  it('closes its client, whether the command did well or failed', async () => {
    expect(await runWith(['cache', 'status'], { answers })).toMatchObject({ code: 0, open: 0 });
    expect(await runWith(['cache', 'verify'], { answers })).toMatchObject({ code: 1, open: 0 });
  });

  const failure = new CondockError('unreachable', 'h.example does not answer.', {
    hint: 'Check the network.',
    data: { host: 'h.example', status: 503, credentialSource: 'netrc', secret: 'never' },
  });

  it('says what failed, where, with which credential, and what to do', async () => {
    const { code, out, err } = await runWith(['cache', 'status'], { refuse: failure });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      'error: h.example does not answer.\n  host h.example, status 503, credential from netrc\n  Check the network.\n',
    );
  });

  it('with --json puts one document on stdout and nothing on stderr, even for wrong options', async () => {
    const failed = await runWith(['cache', 'status', '--json'], { refuse: failure });
    expect(failed).toMatchObject({ code: 1, err: '' });
    expect(JSON.parse(failed.out)).toMatchObject({ error: { code: 'unreachable', hint: 'Check the network.' } });
    const wrong = await runWith(['cache', 'status', '--json', '--colour']);
    expect(wrong).toMatchObject({ code: 2, err: '' });
    expect(JSON.parse(wrong.out)).toMatchObject({ error: { code: 'usage' } });
  });

  it.each([
    [['ref', '--chanel', 'x'], "Unknown option '--chanel'.", 'Did you mean --channel? See: condock ref --help'],
    [['ref', '--colour'], "Unknown option '--colour'.", 'See: condock ref --help'],
    [['ref', '-c'], "Option '-c, --channel' needs a value.", 'See: condock ref --help'],
    [['ref', '-c', '--layout'], "Option '-c' needs a value, and another option follows it.", 'See: condock ref --help'],
  ])('says of %j what is wrong, in one sentence', async (args, message, hint) => {
    const { code, err } = await runWith(args);
    expect({ code, err }).toEqual({ code: 2, err: `error: ${message}\n  ${hint}\n` });
  });

  it('says that it was cancelled, and that it failed', async () => {
    const refuse = new CondockError('cancelled', 'The request was cancelled.');
    expect(await runWith(['cache', 'status'], { refuse })).toMatchObject({ code: 1, err: 'Cancelled.\n' });
  });
});
