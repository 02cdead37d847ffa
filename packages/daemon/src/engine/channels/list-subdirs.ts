import type { LayoutVersion } from '@condock/protocol';
import pLimit from 'p-limit';
import { LATEST_TAG, metadataRepository } from '../../layout/repodata/names.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';

/** The subdirs that conda knows (conda's KNOWN_SUBDIRS): where a registry has no catalog, each is asked for. */
export const KNOWN_SUBDIRS: readonly string[] = [
  'noarch',
  'linux-64',
  'linux-aarch64',
  'osx-64',
  'osx-arm64',
  'win-64',
  'win-arm64',
  'linux-32',
  'linux-armv6l',
  'linux-armv7l',
  'linux-ppc64le',
  'linux-ppc64',
  'linux-s390x',
  'linux-riscv32',
  'linux-riscv64',
  'win-32',
  'emscripten-wasm32',
  'wasi-wasm32',
  'freebsd-64',
  'zos-z',
];

/** Subdirs of a channel: those that have repodata, and those where the registry's catalog has repositories. */
export async function listSubdirs(
  channel: OciChannel,
  layout: LayoutVersion,
  registry: RegistryClient,
  options: RequestOptions,
): Promise<string[]> {
  const found = new Set<string>();
  try {
    const prefix = `${channel.path}/`;
    for await (const page of registry.listRepositories(channel.host, options)) {
      for (const name of page) {
        const [subdir, component, ...deeper] = name.startsWith(prefix) ? name.slice(prefix.length).split('/') : [];
        if (
          subdir !== undefined &&
          component !== undefined &&
          deeper.length === 0 &&
          /^(noarch|[a-z0-9]+-[a-z0-9]+)$/.test(subdir)
        )
          found.add(subdir);
      }
    }
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    // No catalog: asked for below.
  }
  const limit = pLimit(8);
  await Promise.all(
    KNOWN_SUBDIRS.filter((s) => !found.has(s)).map((subdir) =>
      limit(async () => {
        const there = await registry.headManifest(
          metadataRepository(channel, subdir, layout, 'repodata'),
          LATEST_TAG,
          options,
        );
        if (there !== undefined) found.add(subdir);
      }),
    ),
  );
  return [...found].sort();
}
