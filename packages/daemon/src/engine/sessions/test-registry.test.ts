import { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import type { PingAnswer, ProbeAnswer, ProbeRequest } from '../../oci/registry-client.ts';
import type { Digest, Manifest, Repository } from '../../oci/types.ts';
import { authScheme } from './auth-scheme.ts';
import { knownRegistry } from './known-registries.ts';
import { testRegistry } from './test-registry.ts';

const DIGEST: Digest = `sha256:${'a'.repeat(64)}`;
const LAYER: Digest = `sha256:${'b'.repeat(64)}`;
const credential = { kind: 'basic', username: 'u', secret: 'TOP-SECRET', source: 'netrc (/n)' } as const;

interface Behaviour {
  ping?: PingAnswer | CondockError;
  answers?: Record<string, ProbeAnswer | CondockError>;
  loggedIn?: boolean | 'in part';
  explained?: string;
}

function ask(behaviour: Behaviour, target: { host: string; repository?: string }) {
  const asked: string[] = [];
  const manifest = { layers: [{ digest: LAYER }] } as unknown as Manifest;
  const result = testRegistry(
    {
      credentials: {
        find: () => {
          const { loggedIn = true } = behaviour;
          if (loggedIn === 'in part') return Promise.resolve({ ...credential, namespace: 'team' });
          return Promise.resolve(loggedIn ? credential : undefined);
        },
        explain: () => behaviour.explained,
      },
      randomDigest: () => DIGEST,
      registry: {
        ping: () => {
          const { ping = { status: 200, challenges: ['Basic realm="x"'], webPage: false } } = behaviour;
          return ping instanceof CondockError ? Promise.reject(ping) : Promise.resolve(ping);
        },
        probe: (_repository: Repository, request: ProbeRequest) => {
          const key = `${request.method} ${request.path.replace(DIGEST, 'ABSENT').replace(LAYER, 'LAYER')}`;
          asked.push(key);
          const answer = behaviour.answers?.[key] ?? { status: 500, headers: {} };
          return answer instanceof CondockError ? Promise.reject(answer) : Promise.resolve(answer);
        },
        async *listTags() {
          yield await Promise.resolve(['1.0-0']);
        },
        getManifest: () =>
          Promise.resolve({ digest: DIGEST, mediaType: '', bytes: new Uint8Array(), document: manifest }),
      },
    },
    target,
    {},
  );
  return result.then((document) => ({ ...document, asked, text: document.notes.join('\n') }));
}

const status = (code: number, location?: string): ProbeAnswer => ({
  status: code,
  headers: location === undefined ? {} : { location },
});
const MOUNT = 'POST blobs/uploads/?mount=LAYER&from=team%2Fpkg';

describe('testRegistry', () => {
  it('finds out what a repository allows and cancels every upload that it began', async () => {
    const answers = {
      'GET tags/list?n=1': status(200),
      'POST blobs/uploads/': status(202, '/v2/team/pkg/blobs/uploads/one'),
      'GET referrers/ABSENT': status(404),
      'DELETE manifests/ABSENT': status(404),
      [MOUNT]: status(202, '/v2/team/pkg/blobs/uploads/two'),
    };
    const found = await ask({ answers }, { host: 'h.io', repository: 'team/pkg' });
    expect(found.capabilities).toEqual({
      login: 'yes',
      pull: 'yes',
      push: 'yes',
      'create-on-push': 'unknown',
      mount: 'no',
      referrers: 'no',
      delete: 'yes',
      'deep-names': 'unknown',
    });
    expect(found).toMatchObject({ auth: 'basic', username: 'u', source: 'netrc (/n)', reachable: true });
    expect(found.asked.filter((one) => one.startsWith('DELETE /'))).toEqual([
      'DELETE /v2/team/pkg/blobs/uploads/one',
      'DELETE /v2/team/pkg/blobs/uploads/two',
    ]);
    expect(found.text).toContain('It takes the login of u (netrc (/n)).');
    expect(JSON.stringify(found)).not.toContain('TOP-SECRET');
  });

  it('deletes nothing but a digest that can not exist and the uploads that it began', async () => {
    const answers = { 'GET tags/list?n=1': status(200), 'POST blobs/uploads/': status(202) };
    const { asked } = await ask({ answers }, { host: 'h.io', repository: 'team/pkg' });
    expect(asked.filter((one) => one.startsWith('DELETE'))).toEqual(['DELETE manifests/ABSENT']);
    expect(asked.some((one) => one.startsWith('PUT'))).toBe(false);
  });

  it('tells a repository that does not exist and would be made from one that must be made first', async () => {
    const missing = { 'GET tags/list?n=1': status(404), 'GET referrers/ABSENT': status(404) };
    const made = await ask(
      { answers: { ...missing, 'POST blobs/uploads/': status(202, '/u') } },
      { host: 'h.io', repository: 'a/b/c/d' },
    );
    expect(made.capabilities).toMatchObject({ 'create-on-push': 'yes', 'deep-names': 'yes', referrers: 'unknown' });
    const not = await ask(
      { answers: { ...missing, 'POST blobs/uploads/': status(404) } },
      { host: 'h.io', repository: 'a/b' },
    );
    expect(not.capabilities['create-on-push']).toBe('no');
    expect(not.text).toContain('must be made before');
  });

  it('says what is not allowed, and unknown where it could not ask', async () => {
    const answers = {
      'GET tags/list?n=1': status(200),
      'POST blobs/uploads/': status(403),
      'DELETE manifests/ABSENT': status(405),
      'GET referrers/ABSENT': status(200),
    };
    const found = await ask({ answers }, { host: 'h.io', repository: 'team/pkg' });
    expect(found.capabilities).toMatchObject({
      pull: 'yes',
      push: 'no',
      delete: 'no',
      referrers: 'yes',
      mount: 'unknown',
    });
    const refused = new CondockError('denied', 'no token');
    const all = Object.fromEntries(Object.keys(answers).map((key) => [key, refused]));
    const nothing = await ask({ answers: all }, { host: 'h.io', repository: 'team/pkg' });
    expect(nothing.capabilities).toMatchObject({ pull: 'unknown', push: 'unknown', delete: 'unknown' });
  });

  it('asks nothing but /v2/ without a repository, and adds what is known of the host', async () => {
    const found = await ask(
      { ping: { status: 401, challenges: ['Bearer realm="x"'], webPage: false } },
      { host: 'ghcr.io' },
    );
    expect(found.asked).toEqual([]);
    expect(found.auth).toBe('bearer');
    expect(found.capabilities).toMatchObject({
      login: 'no',
      referrers: 'no',
      'create-on-push': 'yes',
      push: 'unknown',
    });
    expect(found.text).toContain('fine-grained');
    expect(found.text).toContain('It refuses the login of u');
    expect((await ask({}, { host: 'docker.io' })).text).toContain('too few levels');
  });

  it('reports a host that does not answer, and one whose token server must not be asked', async () => {
    const ping = new CondockError('unreachable', 'h.io does not answer.', { hint: 'Check the name.' });
    const found = await ask({ ping, explained: 'of no interest', loggedIn: false }, { host: 'h.io' });
    expect(found).toMatchObject({ reachable: false, auth: 'unknown', username: null, source: 'anonymous' });
    expect(found.notes).toEqual(['h.io does not answer.', 'Check the name.']);
    const insecure = new CondockError('insecure', 'h.io sends its clients elsewhere.');
    expect(await ask({ ping: insecure }, { host: 'h.io' })).toMatchObject({ reachable: true, auth: 'unknown' });
  });

  it('does not call a login refused that is for a part of the registry, and was not shown to the whole', async () => {
    const ping = { status: 401, challenges: ['Bearer realm="x"'], webPage: false };
    const answers = { 'POST blobs/uploads/': status(202) };
    const found = await ask({ ping, answers, loggedIn: 'in part' }, { host: 'h.io', repository: 'team/pkg' });
    expect(found.capabilities).toMatchObject({ login: 'yes', push: 'yes' });
    expect(found.text).toContain('It takes the login of u');
    const shy = await ask({ ping, loggedIn: 'in part' }, { host: 'h.io', repository: 'team/pkg' });
    expect(shy.capabilities.login).toBe('unknown');
    expect(shy.text).toContain('A part of it is for the login of u (netrc (/n)).');
  });

  it('says why a kept login could not be used where one is wanted, and only there', async () => {
    const explained = 'The login for h.io is locked away.';
    const wanted = { status: 401, challenges: ['Basic realm="x"'], webPage: false };
    expect((await ask({ ping: wanted, explained, loggedIn: false }, { host: 'h.io' })).notes).toContain(explained);
    expect((await ask({ ping: wanted, explained }, { host: 'h.io' })).notes).toContain(explained);
    expect((await ask({ explained }, { host: 'h.io' })).notes).not.toContain(explained);
    const open = { status: 200, challenges: [], webPage: false };
    expect((await ask({ ping: open, explained, loggedIn: false }, { host: 'h.io' })).notes).not.toContain(explained);
  });

  it.each([
    [404, false, 'h.io answers, but not as a registry does (HTTP 404).'],
    [200, true, 'h.io answers, but not as a registry does (HTTP 200, a web page).'],
  ])('does not take what answers %d (web page: %s) for a registry', async (code, webPage, sentence) => {
    const found = await ask({ ping: { status: code, challenges: [], webPage } }, { host: 'h.io', repository: 'a/b' });
    expect(found).toMatchObject({ reachable: false, auth: 'unknown', asked: [] });
    expect(found.notes[0]).toBe(sentence);
  });

  it('refuses what is no host and no repository', async () => {
    await expect(ask({}, { host: 'a b' })).rejects.toMatchObject({ code: 'usage' });
    await expect(ask({}, { host: 'h.io', repository: '../x' })).rejects.toMatchObject({ code: 'illegal-reference' });
  });
});

describe('authScheme', () => {
  it('reads the scheme, not the words in quotes', () => {
    expect(authScheme(401, ['Basic realm="Bearer of tokens"'])).toBe('basic');
    expect(authScheme(401, ['Basic realm="a", Bearer realm="b"'])).toBe('bearer');
    expect(authScheme(401, ['Basic realm="a"', 'bearer realm="b"'])).toBe('bearer');
    expect(authScheme(200, [])).toBe('none');
    expect(authScheme(401, ['Negotiate'])).toBe('unknown');
  });
});

describe('knownRegistry', () => {
  it('knows the big ones by their hosts and nobody by a look-alike', () => {
    expect(knownRegistry('123.dkr.ecr.eu-west-1.amazonaws.com')?.name).toBe('Amazon ECR');
    expect(knownRegistry('registry.gitlab.com')?.name).toBe('GitLab');
    expect(knownRegistry('x.azurecr.io')?.name).toContain('Azure');
    expect(knownRegistry('ghcr.io.evil.com')).toBeUndefined();
    expect(knownRegistry('127.0.0.1:5000')).toBeUndefined();
  });
});
