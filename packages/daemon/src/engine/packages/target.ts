import { isAbsolute } from 'node:path';
import { CondockError } from '@condock/protocol';
import { splitPackageUrl } from '../../conda/channel-url.ts';
import { parseFileName } from '../../conda/file-name.ts';
import type { PackageIdentity } from '../../conda/types.ts';
import { parseReference } from '../../oci/reference.ts';
import type { Digest, Repository } from '../../oci/types.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';
import { type Origin, originOf } from '../resolve/planned-package.ts';

/** What a user may name to look at one package. */
export type Target =
  | { kind: 'file'; path: string }
  | { kind: 'manifest'; repository: Repository; tagOrDigest: string; reference: string }
  | { kind: 'origins'; identity: PackageIdentity; origins: Origin[] };

/** `oci://…:tag`, `oci://…@digest`, the URL of an archive in a mapped channel, or an absolute path. No network. */
export function parseTarget(text: string, map: ChannelMap): Target {
  if (isAbsolute(text)) return { kind: 'file', path: text };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new CondockError('usage', `"${text}" is neither an oci:// reference, a URL, nor an absolute path.`, {
      hint: 'Example: oci://ghcr.io/channel-mirrors/conda-forge/linux-64/zlib:1.2.11-0',
    });
  }
  if (/^oci:/i.test(text) && !/\.(conda|tar\.bz2)$/.test(text)) {
    const { host, name, tag, digest } = parseReference(text);
    return { kind: 'manifest', repository: { host, name }, tagOrDigest: tagOrDigest(tag, digest), reference: text };
  }
  const { subdir, fileName } = splitPackageUrl(text);
  const name = parseFileName(fileName);
  const origins = map.targets(text).map((t) => originOf(name, subdir, t.channel, map.layoutOf, t.source));
  if (origins.length === 0) {
    throw new CondockError('unmapped-channel', `No OCI channel is known for ${text}.`, {
      hint: "Add the channel under [mirrors] in Condock's, pixi's or mamba's configuration, with an oci:// target.",
    });
  }
  return { kind: 'origins', identity: name, origins };
}

function tagOrDigest(tag: string | undefined, digest: Digest | undefined): string {
  const either = digest ?? tag;
  if (either === undefined)
    throw new CondockError('illegal-reference', 'The reference has neither a tag nor a digest.');
  return either;
}
