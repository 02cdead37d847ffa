import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Descriptor } from '../../packages/daemon/src/oci/types.ts';
import { sha256Digest } from '../../packages/daemon/src/oci/digest.ts';
import type { BlobStore } from '../../packages/daemon/src/store/blob-store.ts';
import { openStore } from '../../packages/daemon/src/store/open-store.ts';
import { findProgramOrSay } from '../support/find-program.ts';
import { runProgram } from '../support/run-program.ts';

const skopeo = findProgramOrSay('skopeo', 'the store as skopeo reads it');

const NAME = 'ghcr.io/channel-mirrors/conda-forge/linux-64/xtensor:0.24.3-h924138e_1';

/** A conda artifact as the mirror writes them. */
function putArtifact(store: BlobStore, archive: Buffer): Descriptor & { bytes: Buffer } {
  const put = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: store.putSmall(bytes), size: bytes.length });
  const manifest = {
    schemaVersion: 2,
    config: put('application/vnd.unknown.config.v1+json', Buffer.from('{}')),
    layers: [
      put('application/vnd.conda.package.v2', archive),
      put('application/vnd.conda.info.index.v1+json', Buffer.from('{"name":"xtensor"}')),
    ],
    annotations: {},
  };
  const bytes = Buffer.from(JSON.stringify(manifest, null, 1));
  return {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: store.putSmall(bytes),
    size: bytes.length,
    bytes,
  };
}

describe.skipIf(skopeo === undefined)('the store as skopeo reads it', () => {
  let directory: string;
  let root: string;
  let store: BlobStore;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'condock-skopeo-'));
    root = join(directory, 'store');
    store = openStore({ root });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runProgram(skopeo ?? '', args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  it('shows a manifest byte for byte under its reference', async () => {
    const { bytes, ...target } = putArtifact(store, Buffer.alloc(200_000, 'archive'));
    store.setRef(NAME, target);
    store.setRef(`${NAME}-other`, putArtifact(store, Buffer.alloc(10, 'other')));
    await store[Symbol.asyncDispose]();
    expect(await run('inspect', '--raw', `oci:${root}:${NAME}`)).toBe(bytes.toString());
  });

  it('copies an artifact to another layout, byte for byte, out of the store and out of an export', async () => {
    const archive = Buffer.alloc(200_000, 'archive');
    const { bytes, ...target } = putArtifact(store, archive);
    store.setRef(NAME, target);
    const exported = join(directory, 'exported');
    await store.exportTo(exported, { refs: [NAME] });
    await store[Symbol.asyncDispose]();
    for (const [at, source] of [root, exported].entries()) {
      const copy = join(directory, `copy-${String(at)}`);
      await run('copy', '--insecure-policy', '--quiet', `oci:${source}:${NAME}`, `oci:${copy}:copied`);
      for (const blob of [bytes, archive, Buffer.from('{}')]) {
        expect(readFileSync(join(copy, 'blobs', 'sha256', sha256Digest(blob).slice(7)))).toEqual(blob);
      }
    }
  });

  it('is a layout from the first moment on', async () => {
    const { code, stderr } = await runProgram(skopeo ?? '', ['inspect', '--raw', `oci:${root}:${NAME}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no descriptor found|no image/i);
  });
});
