import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CondockHome, createCondockHome } from '../real/support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from '../real/support/docker-registry.ts';
import { type BuiltPackage, buildPackages } from '../support/packages/index.ts';
import { readDocumentOf } from './support/read-registry.ts';

const missing = dockerRegistryMissing();
if (missing !== undefined) console.log(`Skipped: many publishers to one channel. ${missing}.`);

const PUBLISHERS = 8;
const EACH = 25;
/** Packages of one run of a publisher that is to be killed: it makes several, so that some of its packages were reported before. */
const AT_A_TIME = 5;

interface Publisher {
  home: CondockHome;
  packages: BuiltPackage[];
  /** Killed as soon as this many runs were reported, in the middle of the next; undefined: never. */
  killAfter: number | undefined;
}

describe.skipIf(missing !== undefined)('eight publishers to one subdir at once', () => {
  let registry: DockerRegistry;
  const publishers: Publisher[] = [];

  beforeAll(async () => {
    registry = await startDockerRegistry();
    for (let n = 0; n < PUBLISHERS; n += 1) {
      const home = createCondockHome();
      const specs = Array.from({ length: EACH }, (_, at) => ({
        name: `from-${String(n)}-${String(at)}`,
        subdir: 'linux-64',
        depends: at === 0 ? [] : [`from-${String(n)}-${String(at - 1)}`],
      }));
      const packages = await buildPackages(specs, join(home.path, 'build'));
      publishers.push({ home, packages, killAfter: n < 3 ? n : undefined });
    }
  });
  afterAll(async () => {
    await Promise.all(publishers.map(({ home }) => home[Symbol.asyncDispose]()));
    await registry.stop();
  });

  /** File names that were reported as published. */
  const publishAll = async ({ home, packages, killAfter }: Publisher): Promise<string[]> => {
    const reported: string[] = [];
    const atATime = killAfter === undefined ? packages.length : AT_A_TIME;
    for (let run = 0; run * atATime < packages.length; run += 1) {
      const batch = packages.slice(run * atATime, (run + 1) * atATime);
      const files = batch.map((p) => p.path);
      const running = home.start(['publish', ...files, '--to', `oci://${registry.host}/crowd`, '--json']);
      if (run === killAfter) {
        // Wherever it is: a little later at each publisher, and the daemon that does the work goes with its client.
        await new Promise((resolve) => setTimeout(resolve, 900 + run * 700));
        await home.killAll();
        try {
          process.kill(running.pid, 'SIGKILL');
        } catch {
          // It saw its daemon end, and has ended too.
        }
      }
      const done = await running.result;
      const rows = done.stdout === '' ? [] : done.json();
      const wasKilled = run === killAfter;
      if (!wasKilled && done.code !== 0) throw new Error(`publish: ${String(done.code)} ${done.stdout}${done.stderr}`);
      for (const row of Array.isArray(rows) ? (rows as { file: string; error?: unknown }[]) : [])
        if (row.error === undefined) reported.push(row.file.slice(row.file.lastIndexOf('/') + 1));
      if (wasKilled) return reported;
    }
    return reported;
  };

  it('leave every package that was reported as published in the repodata, though some were killed', async () => {
    const reported = await Promise.all(publishers.map(publishAll));
    for (const [n, names] of reported.entries())
      if (publishers[n]!.killAfter === undefined) expect(names.length, `publisher ${String(n)}`).toBe(EACH);
    const channel = `oci://${registry.host}/crowd`;
    const { json } = await readDocumentOf<{ 'packages.conda': Record<string, { sha256: string }> }>(
      channel,
      'linux-64/repodata.json',
    );
    const listed = json['packages.conda'];
    const built = new Map(publishers.flatMap((p) => p.packages).map((p) => [p.fileName, p.sha256]));
    for (const name of reported.flat()) expect(listed[name]?.sha256, name).toBe(built.get(name));
    // What is listed is there: nothing was listed before it was pushed.
    for (const [name, { sha256 }] of Object.entries(listed)) {
      expect(sha256).toBe(built.get(name));
      const repository = name.split('-').slice(0, -2).join('-');
      const blob = `http://${registry.host}/v2/crowd/linux-64/${repository}/blobs/sha256:${sha256}`;
      expect((await fetch(blob, { method: 'HEAD' })).status, name).toBe(200);
    }
    // Whoever was killed runs again, and has everything listed then.
    const again = publishers.filter((p) => p.killAfter !== undefined);
    for (const [n, names] of (
      await Promise.all(again.map((p) => publishAll({ ...p, killAfter: undefined })))
    ).entries())
      expect(names.length, `publisher ${String(n)}`).toBe(EACH);
    const whole = await readDocumentOf<{ 'packages.conda': Record<string, unknown> }>(
      channel,
      'linux-64/repodata.json',
    );
    expect(Object.keys(whole.json['packages.conda']).sort()).toEqual([...built.keys()].sort());
  });
});
