import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials, memoryKeychain } from '../../packages/daemon/src/credentials/index.ts';
import { sessionMethods } from '../../packages/daemon/src/engine/sessions/session-methods.ts';
import { withScopedIdentity } from '../../packages/daemon/src/engine/sessions/scope-identity.ts';
import { createRegistryClient } from '../../packages/daemon/src/oci/client.ts';
import type { UploadSource } from '../../packages/daemon/src/oci/registry-client.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from './support/docker-registry.ts';

const reason = dockerRegistryMissing('htpasswd');
if (reason !== undefined) console.log(`Skipped: sessions with docker-registry. ${reason}.`);

describe.skipIf(reason !== undefined)('sessions with docker-registry under htpasswd', () => {
  const home = mkdtempSync(join(tmpdir(), 'cdk-sessions-'));
  let registry: DockerRegistry;
  let made: ReturnType<typeof compose>;
  beforeAll(async () => {
    registry = await startDockerRegistry({ auth: 'htpasswd' });
  });
  beforeEach(async () => {
    rmSync(join(home, '.docker'), { recursive: true, force: true });
    made = compose();
    await made.call['session/logout']({ host: registry.host }, made.context('c'));
  });
  afterEach(() => made.client.close());
  afterAll(async () => {
    await registry.stop();
    rmSync(home, { recursive: true });
  });

  const compose = () => {
    const credentials = createCredentials({
      env: {},
      homedir: home,
      platform: 'linux',
      configDir: join(home, 'condock'),
      keychain: memoryKeychain(),
    });
    const client = createRegistryClient({ credentials });
    const context = (connection: string) => ({
      signal: new AbortController().signal,
      progress: () => undefined,
      connection,
    });
    const call = sessionMethods({ credentials, registry: client, changed: () => undefined });
    return { client, call, context };
  };
  const login = (secret: string) =>
    made.call['session/login'](
      { host: registry.host, username: registry.username, secret, keep: 'memory' },
      made.context('c'),
    );
  const push = (name: string, options = {}) => {
    const bytes = new TextEncoder().encode(`layer of ${name}`);
    const source: UploadSource = {
      size: bytes.length,
      async *open(offset: number) {
        yield await Promise.resolve(bytes.subarray(offset));
      },
    };
    return made.client.uploadBlob({ host: registry.host, name }, source, options);
  };
  const putTag = async (name: string): Promise<void> => {
    const { digest, size } = await push(name);
    const layer = { mediaType: 'application/octet-stream', digest, size };
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: layer,
      layers: [layer],
    };
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    await made.client.putManifest({ host: registry.host, name }, '1.0-0', bytes, manifest.mediaType);
  };

  it('refuses a wrong password with host and status, and then takes the right one', async () => {
    await expect(login('TOP-SECRET')).rejects.toMatchObject({
      code: 'denied',
      message: `${registry.host} refused the password of user (HTTP 401). Nothing was kept.`,
    });
    await expect(push('before/login')).rejects.toMatchObject({ code: 'login-required' });
    expect(await login(registry.password)).toMatchObject({ host: registry.host, username: 'user' });
    // What was learned as anonymous is forgotten at once.
    expect(await push('after/login')).toMatchObject({ moved: 'uploaded' });
    const { sessions } = await made.call['session/list']({}, made.context('c'));
    expect(sessions).toMatchObject([{ host: registry.host, username: 'user', kind: 'basic', scopes: [] }]);
    expect(JSON.stringify(sessions)).not.toContain(registry.password);
    await made.call['session/logout']({ host: registry.host }, made.context('c'));
    await expect(push('after/logout')).rejects.toMatchObject({ code: 'login-required' });
  });

  it("uses docker's own login without any of Condock's", async () => {
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
    mkdirSync(join(home, '.docker'));
    const file = join(home, '.docker', 'config.json');
    writeFileSync(file, JSON.stringify({ auths: { [registry.host]: { auth } } }), { mode: 0o600 });
    expect(await push('by/docker')).toMatchObject({ moved: 'uploaded' });
    const { sessions } = await made.call['session/list']({}, made.context('c'));
    expect(sessions.map((one) => one.source)).toEqual([`docker config (${file})`]);
  });

  it("serves an editor's secret to that editor alone", async () => {
    const offer = { identity: 'me', host: registry.host, username: registry.username, secret: registry.password };
    await made.call['session/offer'](offer, made.context('one'));
    const scoped = (connection: string) =>
      withScopedIdentity('session/test', { host: registry.host, identity: 'me' }, connection);
    expect(await push('by/offer', { identity: scoped('one').identity })).toMatchObject({ moved: 'uploaded' });
    await expect(push('by/offer/2')).rejects.toMatchObject({ code: 'login-required' });
    await expect(push('by/offer/3', { identity: scoped('two').identity })).rejects.toMatchObject({
      code: 'login-required',
    });
    const mine = await made.call['session/list']({}, made.context('one'));
    const theirs = await made.call['session/list']({}, made.context('two'));
    expect(mine.sessions.map((one) => one.username)).toContain('user');
    expect(theirs.sessions.map((one) => one.username)).not.toContain('user');
  });

  it('finds out what the registry can do and leaves nothing behind', async () => {
    await login(registry.password);
    const ask = (repository?: string) =>
      made.call['session/test'](
        { host: registry.host, ...(repository === undefined ? {} : { repository }) },
        made.context('c'),
      );
    await putTag('probe/there');
    expect(await ask()).toMatchObject({
      reachable: true,
      auth: 'basic',
      capabilities: { login: 'yes', push: 'unknown' },
    });
    expect((await ask('probe/there')).capabilities).toMatchObject({
      pull: 'yes',
      push: 'yes',
      mount: 'yes',
      referrers: 'no',
      delete: 'yes',
    });
    expect((await ask('probe/a/b/c')).capabilities).toMatchObject({ 'create-on-push': 'yes', 'deep-names': 'yes' });
    const tags: string[] = [];
    for await (const page of made.client.listTags({ host: registry.host, name: 'probe/there' })) tags.push(...page);
    expect(tags).toEqual(['1.0-0']);
  });

  it('says of a registry that is not there that it is not there', async () => {
    const found = await made.call['session/test']({ host: '127.0.0.1:1' }, made.context('c'));
    expect(found).toMatchObject({ reachable: false, auth: 'unknown' });
    expect(found.notes[0]).toContain('127.0.0.1:1');
  });
});
