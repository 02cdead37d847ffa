import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from '../real/support/docker-registry.ts';
import { type BuiltPackage, buildPackages } from '../support/packages/index.ts';
import { type ChannelTools, type CopyResult, createChannelTools } from './support/channel-tools.ts';
import {
  type CountedRequest,
  type CountingProxy,
  type Stall,
  startCountingProxy,
  uploadsAmong,
} from './support/counting-proxy.ts';
import { signIn } from './support/login.ts';

const missing = dockerRegistryMissing('htpasswd');
if (missing !== undefined) console.log(`Skipped: channel work that is killed and goes on. ${missing}.`);

const PACKAGES = 40;

describe.skipIf(missing !== undefined)('work on a whole channel that is killed', () => {
  let staging: DockerRegistry;
  let production: DockerRegistry;
  let doors: { staging: CountingProxy; production: CountingProxy };
  let home: CondockHome;
  let tools: ChannelTools;
  let packages: BuiltPackage[];

  beforeAll(async () => {
    staging = await startDockerRegistry({ htpasswd: { username: 'builder', password: 'one' } });
    production = await startDockerRegistry({ htpasswd: { username: 'releaser', password: 'two' } });
    doors = { staging: await startCountingProxy(staging.host), production: await startCountingProxy(production.host) };
    home = createCondockHome();
    tools = createChannelTools(home);
    signIn(home, { ...staging, host: doors.staging.host }, { ...production, host: doors.production.host });
    const specs = Array.from({ length: PACKAGES }, (_, at) => ({ name: `part-${String(at)}`, subdir: 'linux-64' }));
    packages = await buildPackages(specs, join(home.path, 'build'));
  });
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await Promise.all([doors.staging[Symbol.asyncDispose](), doors.production[Symbol.asyncDispose]()]);
    await Promise.all([staging.stop(), production.stop()]);
  });

  const files = () => packages.map((p) => p.path);
  const channelOf = (door: CountingProxy, name: string) => `oci://${door.host}/${name}`;

  /** Runs a command until it waits at a door in vain, and kills the daemon that does the work. */
  const killAt = async (by: CondockHome, args: readonly string[], stall: Stall): Promise<void> => {
    const running = by.start(args);
    const early = await Promise.race([stall.reached, running.result]);
    if (early !== undefined)
      throw new Error(`${args.join(' ')} ended before it could be killed: ${early.stdout}${early.stderr}`);
    await by.killAll();
    try {
      process.kill(running.pid, 'SIGKILL');
    } catch {
      // It saw its daemon end, and has ended too.
    }
    expect((await running.result).code).not.toBe(0);
    stall.release();
  };
  const blobsRead = (seen: readonly CountedRequest[]) =>
    seen.filter((r) => r.method === 'GET' && r.path.includes('/blobs/') && r.status === 200);

  it('a promotion goes on where it was, with the login of either registry, and moves nothing twice', async () => {
    const [from, to] = [channelOf(doors.staging, 'app'), channelOf(doors.production, 'app')];
    await tools.publish(files(), from, 'v0');
    doors.staging.take('app');
    const ofPackages = (seen: readonly CountedRequest[]) =>
      uploadsAmong(seen).filter((r) => r.status === 201 && !r.path.includes('repodata.json'));
    const isUpload = ({ method, path }: { method: string; path: string }) =>
      method === 'PUT' && path.includes('/blobs/uploads/');
    await killAt(home, ['channel', 'copy', from, '--to', to], doors.production.stallAfter(PACKAGES, isUpload));
    const first = doors.production.take('app');
    const readFirst = blobsRead(doors.staging.take('app')).length;
    const result = await tools.json<CopyResult>('channel', 'copy', from, '--to', to);
    expect(result.failed).toEqual([]);
    expect(result.copied + result.present).toBe(PACKAGES);
    const blobs = PACKAGES * 4;
    const second = ofPackages(doors.production.take('app')).length;
    // Eight packages were under way, with a blob each whose fate nobody knew.
    const both = ofPackages(first).length + second;
    expect(both).toBeGreaterThanOrEqual(blobs - 8);
    expect(both).toBeLessThanOrEqual(blobs + 8);
    expect(second).toBeLessThanOrEqual(blobs - PACKAGES + 8);
    expect(readFirst).toBeGreaterThan(0);
    const readAgain = blobsRead(doors.staging.take('app')).filter((r) => !r.path.includes('repodata.json'));
    expect(readFirst + readAgain.length).toBeLessThanOrEqual(blobs + 8);
    expect(await tools.json('channel', 'diff', to)).toEqual({ differences: [], warnings: [] });
    expect(await tools.json('channel', 'copy', from, '--to', to)).toMatchObject({ copied: 0, present: PACKAGES });
  });

  it('an index that is rebuilt reads no index layer twice', async () => {
    const channel = channelOf(doors.staging, 'bare');
    await tools.publish(files(), channel, 'v1', '--no-index');
    // Somebody whose store holds nothing of it.
    await using other = createCondockHome();
    signIn(other, { ...staging, host: doors.staging.host });
    const args = ['channel', 'index', channel, '--layout', 'v1', '--json'];
    doors.staging.take('bare');
    const isBlob = ({ method, path }: { method: string; path: string }) => method === 'GET' && path.includes('/blobs/');
    await killAt(other, args, doors.staging.stallAfter(PACKAGES / 2, isBlob));
    const first = blobsRead(doors.staging.take('bare')).length;
    expect(first).toBeGreaterThan(0);
    expect((await other.succeed(args)).json()).toMatchObject({ subdirs: [{ packages: PACKAGES }], warnings: [] });
    const again = blobsRead(doors.staging.take('bare')).filter((r) => /\/cpart-\d+\/blobs\//.test(r.path)).length;
    // An index layer and an info layer each; sixteen were under way.
    expect(again).toBeLessThanOrEqual(2 * PACKAGES - PACKAGES / 2 + 16);
    expect(first + again).toBeLessThanOrEqual(2 * PACKAGES + 16);
    expect(await tools.json('channel', 'diff', channel, '--layout', 'v1')).toEqual({ differences: [], warnings: [] });
  });
});
