import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../support/misbehaving-registry/ask.ts';
import { type Behaviour, behaviour, cutUpload, type SeenRequest } from '../support/misbehaving-registry/index.ts';
import type { HttpHost } from '../support/misbehaving-registry/http-host.ts';
import { buildPackage } from '../support/packages/index.ts';
import { usersMayAll } from '../support/token-server/token-rules.ts';
import { type CondockHome, createCondockHome } from './support/condock.ts';
import { dockerRegistryMissing } from './support/docker-registry.ts';
import { startMisbehavingFront } from './support/misbehaving-front.ts';
import { startTokenRegistry, type TokenRegistry } from './support/token-registry.ts';

const reason = dockerRegistryMissing();
if (reason !== undefined) console.log(`Skipped: tokens that expire in mid-transfer. ${reason}.`);

const MIB = 1024 * 1024;
/**
 * docker-registry takes tokens for 60 seconds longer than they say. One that ended so many seconds ago is taken for a moment,
 * and the client, which is told no lifetime, counts on a minute.
 */
const NEARLY_REFUSED_S = -54;

describe.skipIf(reason !== undefined)('a token that docker-registry stops taking in mid-transfer', () => {
  let folder: string;
  let archive: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'condock-expiry-'));
    const files = { 'share/heavy.bin': randomBytes(5 * MIB) };
    archive = await buildPackage({ name: 'heavy', build: '0', files }, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.concurrent('is renewed for the rest of a download', async () => {
    await using stage = await startStage((context) => [
      behaviour({ kind: 'blob', method: 'GET', times: 1 }, async (request, next) => {
        const answer = await next();
        await context.refused(request);
        return { ...answer, cutAfter: 3 * MIB };
      }),
    ]);
    const { home, front, tokens } = stage;
    await home.succeed(['publish', archive, '--to', `oci://${stage.registry.host}/team`, '--no-index']);
    tokens.setLifetime(NEARLY_REFUSED_S);
    const reference = `oci://${front.host}/team/noarch/heavy:1.0-0`;
    const report = (await home.succeed(['prefetch', reference, '--json'])).json();
    expect(report).toMatchObject({ fetched: 1, failed: [] });
    const gets = front.recorder.requests.filter(({ kind, method }) => kind === 'blob' && method === 'GET');
    expect(gets.map(({ status }) => status)).toEqual([200, 401, 206]);
    // Not a byte of what had come was asked for again, but what was still on its way.
    expect(gets[2]?.headers.range).toMatch(/^bytes=[1-9]\d{4,}-$/);
    expect((await home.succeed(['cache', 'verify', '--json'])).json()).toMatchObject({ bad: [] });
  });

  it.concurrent('is renewed for an upload that is cut, and begun again since docker-registry forgets it', async () => {
    await using stage = await startStage(() => [cutUpload({ after: 2 * MIB, on: { method: 'PATCH', times: 1 } })]);
    await publishThrough(stage);
    const { front, registry } = stage;
    const seen = front.recorder.requests;
    const cut = seen.findIndex(({ method }) => method === 'PATCH');
    const statuses = seen.slice(cut).map(({ method, status }) => `${method} ${String(status)}`);
    expect(statuses.slice(0, 7)).toEqual([
      'PATCH undefined',
      'HEAD 401',
      'HEAD 404',
      'GET 404',
      'POST 202',
      'PATCH 202',
      'PUT 201',
    ]);
    await arrivedWhole(stage, registry.host);
  });

  it.concurrent('is renewed where it is refused between the beginning of an upload and its bytes', async () => {
    await using stage = await startStage((context) => [
      behaviour({ kind: 'upload', method: 'PATCH', times: 1 }, async (request, next) => {
        await context.refused(request);
        return next();
      }),
    ]);
    await publishThrough(stage);
    const statuses = stage.front.recorder.requests
      .filter(({ method, body }) => method === 'PATCH' && body.length > MIB)
      .map(({ status }) => status);
    expect(statuses).toEqual([401, 202]);
    await arrivedWhole(stage, stage.registry.host);
  });

  const publishThrough = async ({ home, front, tokens }: Stage): Promise<void> => {
    tokens.setLifetime(NEARLY_REFUSED_S);
    await home.succeed(['publish', archive, '--to', `oci://${front.host}/team`, '--no-index']);
  };
});

async function arrivedWhole({ home }: Stage, host: string): Promise<void> {
  const reference = `oci://${host}/team/noarch/heavy:1.0-0`;
  expect((await home.succeed(['prefetch', reference, '--json'])).json()).toMatchObject({ failed: [] });
  expect((await home.succeed(['cache', 'verify', '--json'])).json()).toMatchObject({ bad: [] });
}

interface Stage extends TokenRegistry {
  home: CondockHome;
  front: HttpHost;
}

interface StageContext {
  /** Waits until the registry itself no longer takes the token of a request; tokens are lasting from then on. */
  refused(request: SeenRequest): Promise<void>;
}

/** docker-registry with its token server, a front that spoils its lines, and a home that holds a login for both. */
async function startStage(behaviours: (context: StageContext) => readonly Behaviour[]): Promise<Stage> {
  const users = { user: 'pass:word' };
  const started = await startTokenRegistry({ users, grant: usersMayAll({ anonymousPull: false }) });
  const { registry, tokens } = started;
  const refused: StageContext['refused'] = async ({ headers, repository }) => {
    tokens.setLifetime(300);
    const { authorization = '' } = headers;
    const url = `${registry.url}/v2/${repository}/tags/list`;
    while ((await ask(url, { headers: { authorization } })).status !== 401) await sleep(200);
  };
  const front = await startMisbehavingFront(registry.url, { behaviours: behaviours({ refused }), cut: refused });
  const home = createCondockHome();
  const auth = Buffer.from('user:pass:word').toString('base64');
  mkdirSync(join(home.path, '.docker'));
  const config = { auths: { [front.host]: { auth }, [registry.host]: { auth } } };
  writeFileSync(join(home.path, '.docker', 'config.json'), JSON.stringify(config), { mode: 0o600 });
  return {
    ...started,
    home,
    front,
    [Symbol.asyncDispose]: async () => {
      await home[Symbol.asyncDispose]();
      await front.stop();
      await started[Symbol.asyncDispose]();
    },
  };
}
