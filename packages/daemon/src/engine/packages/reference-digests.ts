import { CondockError } from '@condock/protocol';
import { parseManifest } from '../../oci/manifest.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Digest } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { referenceName } from './reference-name.ts';

const MANIFEST_BYTES = 4 * 1024 * 1024;

/** What a stored reference stands on: its manifest, config and layers. Throws `absent` where the store does not list it. */
export function digestsOfReference(text: string, store: BlobStore): readonly Digest[] {
  const { host, name, tag, digest } = parseReference(text);
  const target =
    digest ??
    (tag === undefined ? undefined : store.getRef(referenceName({ repository: { host, name }, tag }))?.digest);
  const bytes = target === undefined ? undefined : store.readSmall(target, MANIFEST_BYTES);
  if (target === undefined || bytes === undefined) {
    throw new CondockError('absent', `${text} is not in the store.`, {
      hint: 'Prefetch it first, with --layers package,info,index.',
    });
  }
  const document = parseManifest(bytes);
  const parts = 'layers' in document ? [document.config, ...document.layers] : document.manifests;
  return [target, ...parts.map((d) => d.digest)];
}
