import { inspect } from 'node:util';
import { CondockError } from '@condock/protocol';
import type { FullRegistryClient } from '../../../packages/daemon/src/oci/client.ts';
import type { RequestOptions, UploadSource } from '../../../packages/daemon/src/oci/registry-client.ts';
import type { Digest } from '../../../packages/daemon/src/oci/types.ts';
import { digestOf } from '../misbehaving-registry/index.ts';

export const REPOSITORY = 'team/pkg';
export const OTHER_REPOSITORY = 'team/base';

/** What a repository of the registry holds. */
export interface Known {
  blob: Digest;
  manifest: Digest;
}

/** Every way in which the product speaks to a registry, once. What went wrong is what comes back. */
export async function useEverything(
  client: FullRegistryClient,
  host: string,
  known: Known,
  options: RequestOptions,
): Promise<CondockError[]> {
  const repository = { host, name: REPOSITORY };
  const errors: CondockError[] = [];
  const steps: (() => Promise<unknown>)[] = [
    () => client.authorize([repository, { host, name: OTHER_REPOSITORY }], 'pull', options),
    () => client.ping(host, options),
    () => client.headBlob(repository, known.blob, options),
    async () => drain((await client.getBlob(repository, known.blob, options))?.chunks),
    () => client.headManifest(repository, 'tag', options),
    () => client.getManifest(repository, 'tag', options),
    () => drain(client.listTags(repository, options)),
    () => client.listReferrers(repository, known.manifest, options),
    () => client.uploadBlob(repository, source('a new blob', true), { ...options, mountFrom: [OTHER_REPOSITORY] }),
    () => client.uploadBlob(repository, source('one of unknown digest', false), options),
    () => client.putManifest(repository, 'new', Buffer.from('{"schemaVersion":2}'), 'application/json', options),
    () => client.probe(repository, { method: 'POST', path: 'blobs/uploads/', actions: 'pull,push' }, options),
    () => client.deleteManifest(repository, digestOf(Buffer.from('none')), options),
    () => drain(client.listRepositories(host, options)),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof CondockError)) throw error;
      errors.push(error);
    }
  }
  return errors;
}

/** All that an error could ever be made to show: its document, and what a debugger sees. */
export const everythingIn = (error: CondockError): string =>
  `${JSON.stringify(error.toJSON())}\n${inspect(error, { depth: 10, showHidden: true })}`;

async function drain(items: AsyncIterable<unknown> | undefined): Promise<void> {
  if (items === undefined) return;
  const iterator = items[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

function source(text: string, known: boolean): UploadSource {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    ...(known ? { digest: digestOf(bytes) } : {}),
    async *open(offset) {
      yield await Promise.resolve(bytes.subarray(offset));
    },
  };
}
