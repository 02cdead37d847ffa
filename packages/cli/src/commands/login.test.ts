import type { ResultOf } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { runWith } from '../testing/run-with.ts';

const kept = (more: Partial<ResultOf<'session/login'>> = {}): ResultOf<'session/login'> => ({
  host: 'h.io',
  namespace: null,
  username: 'me',
  source: 'a keychain',
  kind: 'basic',
  scopes: [],
  lastError: null,
  note: null,
  ...more,
});
const answers = { 'session/login': () => kept() };
const login = (args: string[], options: Parameters<typeof runWith>[1] = {}) =>
  runWith(['login', 'h.io', ...args], { answers, ...options });
const sent = (secret: string, username = 'me') => [
  { method: 'session/login', params: { host: 'h.io', kind: 'basic', username, secret } },
];

describe('condock login', () => {
  it('asks for what is missing, and shows the name but not the secret', async () => {
    const { code, out, err, calls } = await login([], { typed: ['me\r', 'S3CRET\r'] });
    expect(code).toBe(0);
    expect(calls).toEqual(sent('S3CRET'));
    expect(err).toBe('User name at h.io: me\nPassword or token for me at h.io: \n');
    expect(out).toBe('Signed in to h.io as me; kept in: a keychain.\n');
  });

  it('takes name and secret from one paste', async () => {
    const { calls, err } = await login([], { typed: ['me\rS3CRET\r'] });
    expect(calls).toEqual(sent('S3CRET'));
    expect(err).not.toContain('S3CRET');
  });

  it.each([
    ['Backspace', 'S3CRXX\u007f\u007fET\r'],
    ['Ctrl-U', 'nonsense\u0015S3CRET\r'],
    ['arrow keys', 'S3\u001b[D\u001b[CCRET\r'],
  ])('lets one mend what was typed: %s', async (_key, typed) => {
    expect((await login(['-u', 'me'], { typed: [typed] })).calls).toEqual(sent('S3CRET'));
  });

  it.each(['\u0003', 'S3C\u0004'])('sends nothing when it is given up (%j)', async (typed) => {
    const { code, err, calls } = await login(['-u', 'me'], { typed: [typed] });
    expect({ code, calls }).toEqual({ code: 1, calls: [] });
    expect(err).toMatch(/\nCancelled\.\n$/);
  });

  it('reads the secret from a pipe, its first line, and with --password-stdin from a terminal too', async () => {
    expect((await login(['-u', 'me'], { stdin: 'S3CRET\nmore\n' })).calls).toEqual(sent('S3CRET'));
    expect((await login(['-u', 'me', '--password-stdin'], { stdin: 'S3CRET' })).calls).toEqual(sent('S3CRET'));
    const asked = await login(['-u', 'me', '--password-stdin'], { typed: ['S3CRET\n'] });
    expect(asked).toMatchObject({ calls: sent('S3CRET'), err: '' });
  });

  it.each([
    [[], { stdin: 'S3CRET\n' }, /No user name is given/],
    [['--password-stdin'], { typed: ['me\r', 'S3CRET\r'] }, /No user name is given/],
    [[], { typed: ['\r'] }, /No user name is given/],
    [['-u', 'me'], { stdin: '' }, /no secret on stdin/],
    [['-u', 'me'], { typed: ['\r'] }, /secret is empty/],
    [['-u', 'me', '-p', 'S3CRET'], {}, /Unknown option '-p'/],
    [['-u', 'me', '--password=S3CRET'], {}, /Unknown option '--password'/],
    [['-u', 'me', '--keep', 'here'], {}, /no place to keep a secret/],
  ])('is wrong usage as %j with %j', async (args, options, sentence) => {
    const { code, out, err, calls } = await login(args, options);
    expect({ code, calls }).toEqual({ code: 2, calls: [] });
    expect(err).toMatch(sentence);
    expect(out + err).not.toContain('S3CRET');
  });

  it('passes on what is to be known of the login', async () => {
    const note = 'h.io lets everyone in and did not look at the password.';
    const { out, err } = await login(['-u', 'me'], { stdin: 'x', answers: { 'session/login': () => kept({ note }) } });
    expect(out).toContain('Signed in to h.io');
    expect(err).toBe(`warning: ${note}\n`);
  });
});

describe('condock login --from', () => {
  const entry = { host: 'h.io', username: 'me', source: 'docker config (/c)', kept: false, note: null };
  const locked = { ...entry, host: 'l.io', note: 'The keychain is locked.' };
  const from = (args: string[], found: ResultOf<'session/import'>['found'], columns?: number) =>
    runWith(['login', ...args], {
      answers: { 'session/import': () => ({ found, warnings: ['The helper "x" is missing.'] }) },
      ...(columns === undefined ? {} : { columns }),
    });

  it('says what was found and what is wrong, in narrow terminals too, and how to keep a copy', async () => {
    const { code, out, err, calls } = await from(['--from', 'docker'], [entry, locked], 40);
    expect(code).toBe(0);
    expect(calls).toEqual([{ method: 'session/import', params: { from: 'docker' } }]);
    expect(out).toMatch(/^HOST +USER +SOURCE +KEPT\nh\.io +me +docker/);
    expect(err).toContain('warning: l.io: The keychain is locked.\nwarning: The helper "x" is missing.\n');
    expect(err).toContain('Condock uses these where they are.');
  });

  it.each(['keychain', 'file', 'memory'])('keeps a copy just where it is told to: %s', async (keep) => {
    const { code, calls } = await from(['--from', 'docker', 'h.io', '--keep', keep], [{ ...entry, kept: true }]);
    expect(code).toBe(0);
    expect(calls).toEqual([{ method: 'session/import', params: { from: 'docker', host: 'h.io', keep } }]);
  });

  it('fails where nothing of what was to be kept was, and is done in part where some was', async () => {
    const keep = ['--from', 'docker', '--keep', 'keychain'];
    expect((await from(keep, [locked])).code).toBe(1);
    expect((await from(keep, [])).code).toBe(1);
    expect((await from(keep, [{ ...entry, kept: true }, locked])).code).toBe(3);
  });
});

describe('condock logout', () => {
  it('says from where a login still comes', async () => {
    const remaining = 'docker config (/c)';
    const logout = (left: string | null) =>
      runWith(['logout', 'h.io'], { answers: { 'session/logout': () => ({ removed: ['file'], remaining: left }) } });
    expect(await logout(null)).toMatchObject({ out: 'Forgotten: file.\n', err: '' });
    expect((await logout(remaining)).err).toContain('docker config (/c) still holds a login for h.io');
  });
});

describe('condock sessions', () => {
  const session = { namespace: null, username: 'me', source: 'netrc', kind: 'basic' as const, lastError: null };
  const scope = (name: string, minute: number) => ({
    scope: `repository:${name}:pull`,
    expiresAt: `2026-01-01T00:0${String(minute)}:00.000Z`,
  });
  const sessions = [
    { ...session, host: 'many.io', scopes: [scope('a', 3), scope('b', 1), scope('c', 2), scope('d', 4)] },
    { ...session, host: 'part.io', namespace: 'team', scopes: [], lastError: 'refused by part.io (401)' },
  ];
  const list = (args: string[] = []) =>
    runWith(['sessions', ...args], {
      answers: { 'session/list': () => ({ sessions, warnings: ['The helper is gone.'] }) },
    });

  it('shows who, from where, what for in short, until when, and what is wrong', async () => {
    const { out, err } = await list();
    expect(out).toMatch(/^HOST +USER +SOURCE +KIND +SCOPES +EXPIRES\n/);
    expect(out).toMatch(
      /many\.io +me +netrc +basic +repository:a:pull, repository:b:pull and 2 more +2026-01-01T00:01/,
    );
    expect(out).toMatch(/\npart\.io\/team +me/);
    expect(err).toBe('warning: part.io: refused by part.io (401)\nwarning: The helper is gone.\n');
    expect(JSON.parse((await list(['--json'])).out)).toEqual({ sessions, warnings: ['The helper is gone.'] });
  });
});

describe('condock registry test', () => {
  const facts: ResultOf<'session/test'> = {
    host: 'h.io',
    reachable: true,
    auth: 'bearer',
    username: null,
    source: 'netrc',
    capabilities: { login: 'yes' },
    notes: ['h.io gives out tokens.'],
  };
  it.each([
    [{}, 0, /a registry answers; authentication: bearer\nlogin: a token \(netrc\)\n {2}login +yes\n/],
    [{ source: 'anonymous' }, 0, /\nlogin: none\n/],
    [{ auth: 'unknown' as const }, 1, /a registry answers; authentication: unknown/],
    [{ reachable: false, auth: 'unknown' as const }, 1, /: no registry answers; authentication: unknown\nh\.io gives/],
  ])('with %j ends with %d', async (more, code, text) => {
    const result = await runWith(['registry', 'test', 'h.io'], {
      answers: { 'session/test': () => ({ ...facts, ...more }) },
    });
    expect(result.code).toBe(code);
    expect(result.out).toMatch(text);
  });
});
