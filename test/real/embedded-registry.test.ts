import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedUsers, type RunningRegistry, startRegistry } from '../../packages/daemon/src/http/registry/index.ts';
import { findProgramOrSay } from '../support/find-program.ts';
import { runProgram } from '../support/run-program.ts';

const skopeo = findProgramOrSay('skopeo', 'skopeo against the embedded registry');

describe.skipIf(skopeo === undefined)('skopeo and the embedded registry', () => {
  let home: string;
  let registry: RunningRegistry;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'condock-skopeo-'));
    await writeFile(join(home, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
    registry = await startRegistry({
      directory: join(home, 'registry'),
      auth: fixedUsers({ reader: 'pa:ss word' }),
    });
  });
  afterEach(async () => {
    await registry.stop();
    await rm(home, { recursive: true });
  });
  const run = async (...args: string[]): Promise<string> => {
    const global = ['--policy', join(home, 'policy.json'), '--tmpdir', home];
    const env = { PATH: process.env.PATH, HOME: home, REGISTRY_AUTH_FILE: join(home, 'auth.json') };
    const { code, stdout, stderr } = await runProgram(skopeo!, [...global, ...args], { env });
    expect(code, stderr).toBe(0);
    return stdout;
  };

  it('carries a conda artifact in, across repositories and out again, byte for byte', async () => {
    const blobs = {
      package: randomBytes(3_000_000),
      info: Buffer.from('not really a tar, and nobody here looks'),
      index: Buffer.from('{"name":"zlib"}'),
      config: Buffer.from('{}'),
    };
    const layout = join(home, 'in');
    const manifest = await writeLayout(layout, blobs);
    const credentials = 'reader:pa:ss word';
    const image = `docker://${registry.host}/conda-forge/linux-64/zlib:1.3.1-hb9d3cd8_2`;
    const copy = `docker://${registry.host}/mirror/zlib:copy`;

    await run('copy', '--dest-creds', credentials, '--dest-tls-verify=false', `oci:${layout}:it`, image);
    const tls = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    await run('copy', '--src-creds', credentials, '--dest-creds', credentials, ...tls, image, copy);
    const out = join(home, 'out');
    await run('copy', '--src-creds', credentials, '--src-tls-verify=false', copy, `oci:${out}:it`);

    const raw = await run('inspect', '--raw', '--creds', credentials, '--tls-verify=false', copy);
    expect(raw).toBe(manifest.toString());
    for (const bytes of [...Object.values(blobs), manifest]) {
      expect((await readFile(blobPath(out, bytes))).equals(bytes)).toBe(true);
    }
    await run('delete', '--creds', credentials, '--tls-verify=false', copy);
    const tags = await run('list-tags', '--creds', credentials, '--tls-verify=false', image.replace(/:[^:]*$/, ''));
    expect(JSON.parse(tags)).toMatchObject({ Tags: ['1.3.1-hb9d3cd8_2'] });
  });
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const blobPath = (layout: string, bytes: Uint8Array): string => join(layout, 'blobs', 'sha256', sha256(bytes));

/** An OCI image layout with one conda artifact; gives the manifest's bytes. */
async function writeLayout(
  path: string,
  { package: archive, info, index, config }: Record<'package' | 'info' | 'index' | 'config', Buffer>,
): Promise<Buffer> {
  const descriptor = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: `sha256:${sha256(bytes)}`,
    size: bytes.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.unknown.config.v1+json', config),
      layers: [
        descriptor('application/vnd.conda.package.v2', archive),
        descriptor('application/vnd.conda.info.v1.tar+gzip', info),
        descriptor('application/vnd.conda.info.index.v1+json', index),
      ],
      annotations: { 'org.conda.oci.schema': '1' },
    }),
  );
  await mkdir(join(path, 'blobs', 'sha256'), { recursive: true });
  for (const bytes of [archive, info, index, config, manifest]) await writeFile(blobPath(path, bytes), bytes);
  await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const entry = {
    ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest),
    annotations: { 'org.opencontainers.image.ref.name': 'it' },
  };
  await writeFile(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
  return manifest;
}
