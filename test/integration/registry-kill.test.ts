import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundleProgram } from '../support/bundle.ts';
import { ask } from '../support/misbehaving-registry/ask.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

let home: string;
let script: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'condock-registry-kill-'));
  const entry = fileURLToPath(new URL('../support/registry-program.ts', import.meta.url));
  script = await bundleProgram(entry, join(home, 'program'), 'registry');
});
afterEach(async () => {
  await kill();
  await rm(home, { recursive: true });
});

async function start(): Promise<string> {
  child = spawn(process.execPath, [script, join(home, 'data')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const started = once(createInterface({ input: child.stdout! }), 'line') as Promise<[string]>;
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The registry ended before it listened: ${String(code ?? signal)}`);
  });
  ended.catch(() => undefined);
  const [line] = await Promise.race([started, ended]);
  return line;
}

async function kill(): Promise<void> {
  const dying = child;
  child = undefined;
  if (dying?.kill('SIGKILL') === true) await once(dying, 'exit');
}

/** Pushes artifacts until the registry dies; keeps for each tag what it may be: what was acknowledged last, or sent since. */
async function publish(url: string, name: string, tags: Map<string, string[]>): Promise<void> {
  for (let n = 0; ; n += 1) {
    const layer = randomBytes(200_000);
    const digest = `sha256:${sha256(layer)}`;
    const begun = await ask(`${url}/v2/${name}/blobs/uploads/`, { method: 'POST' });
    const place = `${url}${String(begun.headers.location)}`;
    await ask(place, { method: 'PATCH', body: layer.subarray(0, 100_000) });
    await ask(`${place}?digest=${digest}`, { method: 'PUT', body: layer.subarray(100_000) });
    const config = { mediaType: 'application/vnd.conda.package.v2', digest, size: layer.length };
    const body = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [config] });
    const tag = `t${String(n % 5)}`;
    const headers = { 'content-type': MANIFEST };
    const reference = `${name}:${tag}`;
    const pushed = `sha256:${sha256(Buffer.from(body))}`;
    if (tags.has(reference)) tags.get(reference)?.push(pushed);
    const put = await ask(`${url}/v2/${name}/manifests/${tag}`, { method: 'PUT', headers, body });
    expect(put.status).toBe(201);
    tags.set(reference, [pushed]);
  }
}

it(
  'holds what it acknowledged, and nothing wrong, after being killed at any moment',
  { timeout: 120_000 },
  async () => {
    const acknowledged = new Map<string, string[]>();
    for (let round = 0; round < 8; round += 1) {
      const url = await start();
      const names = [`r${String(round)}/a`, `r${String(round)}/b`];
      const publishers = names.map((name) => publish(url, name, acknowledged).catch(() => undefined));
      await sleep(randomInt(60, 400));
      await kill();
      await Promise.all(publishers);
    }

    const url = await start();
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const [reference, possible] of acknowledged) {
      const [name = '', tag = ''] = reference.split(':');
      const manifest = await ask(`${url}/v2/${name}/manifests/${tag}`);
      expect(manifest.status).toBe(200);
      expect(possible).toContain(`sha256:${sha256(manifest.body)}`);
      const { layers } = JSON.parse(manifest.body.toString()) as { layers: { digest: string }[] };
      const blob = await ask(`${url}/v2/${name}/blobs/${layers[0]!.digest}`);
      expect(`sha256:${sha256(blob.body)}`).toBe(layers[0]!.digest);
    }
    const files = await readdir(join(home, 'data', 'blobs'), { recursive: true, withFileTypes: true });
    for (const file of files.filter((f) => f.isFile()))
      expect(sha256(await readFile(join(file.parentPath, file.name)))).toBe(basename(file.name));
  },
);
