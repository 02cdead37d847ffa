import { CondockError } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pair, TestHome } from '../testing/test-credentials.ts';
import { containerAuthSource } from './container-auth.ts';

describe('docker and podman files', () => {
  let home: TestHome;
  beforeEach(() => {
    home = new TestHome();
  });
  afterEach(() => home[Symbol.dispose]());

  const source = (content: unknown, mode = 0o600) =>
    containerAuthSource(home.parts, {
      path: home.write('config.json', content, mode),
      label: 'docker config',
      tool: 'docker',
    });
  const answer = (document: object) => ({ stdout: JSON.stringify(document) });

  it('asks the helper of the host, then the general one, then the file itself', async () => {
    const docker = source({
      auths: { 'ghcr.io': { auth: pair('inline', 'pw') } },
      credHelpers: { 'ghcr.io': 'gh' },
      credsStore: 'store',
    });
    home.helper = () => ({ exitCode: 1, stdout: 'credentials not found in native keychain\n' });
    expect(await docker.find({ host: 'ghcr.io' })).toMatchObject({ username: 'inline', secret: 'pw' });
    expect(home.calls).toEqual(['docker-credential-gh get <ghcr.io>', 'docker-credential-store get <ghcr.io>']);
    expect(home.problems.all()).toEqual([]);

    home.time += 60_000;
    home.helper = (program) =>
      program.endsWith('-store')
        ? answer({ ServerURL: 'ghcr.io', Username: 'u', Secret: 's' })
        : { exitCode: 1, stderr: 'credentials not found in native keychain' };
    expect(await docker.find({ host: 'ghcr.io' })).toMatchObject({
      kind: 'basic',
      username: 'u',
      secret: 's',
      source: expect.stringContaining('docker-credential-store') as string,
    });
  });

  it('asks no helper where an empty one is named for the host', async () => {
    const docker = source({
      auths: { 'h.io': { auth: pair('u', 'p') } },
      credHelpers: { 'h.io': '' },
      credsStore: 'x',
    });
    expect(await docker.find({ host: 'h.io' })).toMatchObject({ secret: 'p' });
    expect(home.calls).toEqual([]);
  });

  it('asks for Docker Hub as docker does, under each of its names', async () => {
    const docker = source({ credsStore: 'desktop' });
    home.helper = () => answer({ Username: '<token>', Secret: 'refresh' });
    expect(await docker.find({ host: 'registry-1.docker.io' })).toMatchObject({
      kind: 'identity-token',
      secret: 'refresh',
    });
    expect(home.calls).toEqual(['docker-credential-desktop get <https://index.docker.io/v1/>']);
  });

  it('says that a helper failed, with its words but never what it printed as an answer, and goes on', async () => {
    const docker = source({ credsStore: 'broken', auths: { 'h.io': { auth: pair('u', 'p') } } });
    home.helper = () => ({ exitCode: 2, stdout: 'TOP-SECRET-ANSWER', stderr: 'gpg: decryption failed\nmore' });
    expect(await docker.find({ host: 'h.io' })).toMatchObject({ secret: 'p' });
    const [problem] = home.problems.all();
    expect(problem).toContain('docker-credential-broken');
    expect(problem).toContain('gpg: decryption failed');
    expect(problem).toContain('h.io');
    expect(problem).not.toContain('TOP-SECRET');
  });

  it.each([
    ['not JSON', { stdout: 'TOP-SECRET' }],
    ['a JSON array', { stdout: '["TOP-SECRET"]' }],
  ])('does not quote an answer that is %s', async (_title, result) => {
    const docker = source({ credsStore: 'odd' });
    home.helper = () => result;
    expect(await docker.find({ host: 'h.io' })).toBeUndefined();
    expect(home.problems.all().join()).toContain('not JSON');
    expect(home.problems.all().join()).not.toContain('TOP-SECRET');
  });

  it('never runs a helper whose name is a path', async () => {
    const docker = source({ credHelpers: { 'h.io': '../../evil' }, credsStore: '/bin/sh' });
    expect(await docker.find({ host: 'h.io' })).toBeUndefined();
    expect(home.calls).toEqual([]);
    expect(home.problems.all().join()).toContain('not a plain name');
    expect((await docker.list())[0]).toMatchObject({
      host: 'h.io',
      note: expect.stringContaining('never run') as string,
    });
  });

  it('asks a helper once for many, again when its answer is old, and soon where it had none', async () => {
    const docker = source({ credsStore: 's' });
    home.helper = () => answer({ Username: 'u', Secret: 's' });
    const all = await Promise.all([1, 2, 3].map(() => docker.find({ host: 'h.io' })));
    expect(all.every((found) => found?.secret === 's' && found.expiresAt === home.time + 300_000)).toBe(true);
    expect(home.calls).toHaveLength(1);
    home.time += 300_001;
    home.helper = () => ({ exitCode: 1, stdout: 'Credentials not found in native keychain' });
    expect(await docker.find({ host: 'h.io' })).toBeUndefined();
    await docker.find({ host: 'h.io' });
    expect(home.calls).toHaveLength(2);
    home.time += 30_001;
    await docker.find({ host: 'h.io' });
    expect(home.calls).toHaveLength(3);
  });

  it('asks a helper again as soon as a registry refused its answer, but not for every refusal', async () => {
    const docker = source({ credsStore: 's' });
    let password = 'old';
    home.helper = () => answer({ Username: 'u', Secret: password });
    const find = async () => (await docker.find({ host: 'h.io' }))?.secret;
    expect(await find()).toBe('old');
    password = 'new';
    docker.refused?.('h.io');
    expect(await find()).toBe('old');
    home.time += 10_000;
    docker.refused?.('other.io');
    expect(await find()).toBe('old');
    docker.refused?.('h.io');
    expect(await find()).toBe('new');
    expect(home.calls).toHaveLength(2);
  });

  it('passes cancellation on', async () => {
    const docker = source({ credsStore: 's' });
    const controller = new AbortController();
    home.helper = () => {
      controller.abort();
      throw new CondockError('cancelled', 'gone');
    };
    await expect(docker.find({ host: 'h.io', signal: controller.signal })).rejects.toThrow();
    expect(home.problems.all()).toEqual([]);
  });

  it('lets the most specific namespace win and compares ports exactly', async () => {
    const podman = source({
      auths: {
        'quay.io': { auth: pair('all', 'p') },
        'quay.io/team': { auth: pair('team', 'p') },
        'quay.io/team/pkg': { auth: pair('pkg', 'p') },
        'quay.io:8443': { auth: pair('port', 'p') },
      },
    });
    const who = async (host: string, repository?: string) =>
      (await podman.find({ host, ...(repository === undefined ? {} : { repository }) }))?.username;
    expect(await who('quay.io', 'team/pkg/sub')).toBe('pkg');
    expect(await who('quay.io', 'team/pkgs')).toBe('team');
    expect(await who('quay.io')).toBe('all');
    expect(await who('quay.io:8443')).toBe('port');
    expect(await who('quay.io:9999')).toBeUndefined();
    expect(await podman.find({ host: 'quay.io', repository: 'team/x' })).toMatchObject({ namespace: 'team' });
  });

  it('warns of loose permissions only where there is a secret to lose', async () => {
    await source({ auths: { 'h.io': { auth: pair('u', 'p') } } }, 0o644).find({ host: 'h.io' });
    expect(home.problems.all().join()).toContain('chmod 600');
    home.problems.clear(`${home.path}/config.json`);
    await source({ auths: { 'h.io': {} } }, 0o644).find({ host: 'h.io' });
    expect(home.problems.all()).toEqual([]);
  });

  it('names a malformed file, never its content, and takes it back when it is mended', async () => {
    const docker = source('{"auths": {"h.io": TOP-SECRET');
    expect(await docker.find({ host: 'h.io' })).toBeUndefined();
    expect(home.problems.all().join()).toContain('config.json');
    expect(home.problems.all().join()).not.toContain('TOP-SECRET');
    home.write('config.json', { auths: { 'h.io': { auth: pair('u', 'p') } } });
    expect(await docker.find({ host: 'h.io' })).toMatchObject({ secret: 'p' });
    expect(home.problems.all()).toEqual([]);
  });

  it('lists what file and helpers hold, markers told apart, and never a secret', async () => {
    const docker = source({
      auths: { 'a.io': { auth: pair('u', 'TOP-SECRET') }, 'b.io': {}, 'e.io': {} },
      credHelpers: { 'c.io': 'cloud', 'e.io': '' },
      credsStore: 'store',
    });
    home.helper = () => answer({ 'https://b.io': 'bob', 'd.io/v1/': '<token>' });
    const entries = await docker.list();
    expect(entries.map((e) => [e.host, e.username, e.kind, e.note !== undefined])).toEqual([
      ['c.io', null, 'basic', false],
      ['b.io', 'bob', 'basic', false],
      ['d.io', null, 'identity-token', false],
      ['a.io', 'u', 'basic', false],
      ['e.io', null, 'basic', true],
    ]);
    expect(JSON.stringify(entries)).not.toContain('TOP-SECRET');
  });
});
