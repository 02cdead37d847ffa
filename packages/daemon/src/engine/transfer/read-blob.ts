import { CondockError } from '@condock/protocol';
import { sha256Digest } from '../../oci/digest.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Descriptor, Repository } from '../../oci/types.ts';

/** A small blob, verified, in memory and past the store; undefined where the registry does not have it. Throws `digest-mismatch`. */
export async function readBlob(
  repository: Repository,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  registry: Pick<RegistryClient, 'getBlob'>,
  options: RequestOptions,
): Promise<Buffer | undefined> {
  const body = await registry.getBlob(repository, digest, options);
  if (body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body.chunks) {
    bytes += chunk.length;
    if (bytes > size) break;
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  if (sha256Digest(whole) === digest) return whole;
  throw new CondockError(
    'digest-mismatch',
    `oci://${repository.host}/${repository.name}: what came is not ${digest}.`,
    {
      hint: 'The registry or something on the way to it is wrong; try again.',
      data: { host: repository.host },
    },
  );
}
