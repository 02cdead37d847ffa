import type { PackageIdentity } from '../conda/types.ts';
import { parseReference } from '../oci/reference.ts';
import { checkRepositoryLength, checkSubdir, formatOciChannel, parseOciChannel } from './channel.ts';
import { illegalReference } from './naming-rules.ts';
import type { DecodedName, EncodedName, LayoutVersion, OciChannel } from './types.ts';
import * as v0 from './v0.ts';
import * as v1 from './v1.ts';

/** Names of one layout. Pure; failures are `illegal-name` (encode) and `illegal-reference` (decode). */
export interface LayoutCodec {
  encodeName(identity: PackageIdentity): EncodedName;
  decodeName(component: string, tag: string): DecodedName;
}

const CODECS: Record<LayoutVersion, LayoutCodec> = { v0, v1 };

export const codecOf = (layout: LayoutVersion): LayoutCodec => CODECS[layout];

export interface EncodeReferenceOptions {
  channel: OciChannel;
  subdir: string;
  identity: PackageIdentity;
  layout: LayoutVersion;
}

export interface EncodedPackageReference {
  /** `oci://HOST/CHANNEL/SUBDIR/COMPONENT:TAG` */
  reference: string;
  /** Path below the host: channel, subdir and component. */
  repository: string;
  component: string;
  tag: string;
  hashed: boolean;
}

/**
 * Where a layout puts a package. Throws `illegal-name`. The draft v1 makes a name that is too long for clients an error;
 * v0 has no such rule, so there the length is judged by `repositoryOf`, when a registry is about to be asked.
 */
export function encodeReference(options: EncodeReferenceOptions): EncodedPackageReference {
  const { channel, subdir, identity, layout } = options;
  checkSubdir(subdir);
  const encoded = codecOf(layout).encodeName(identity);
  const repository = `${channel.path}/${subdir}/${encoded.component}`;
  if (layout === 'v1') checkRepositoryLength(channel.host, repository);
  return {
    reference: `${formatOciChannel({ host: channel.host, path: repository })}:${encoded.tag}`,
    repository,
    ...encoded,
  };
}

export interface DecodedPackageReference {
  channel: OciChannel;
  subdir: string;
  layout: LayoutVersion;
  hashed: boolean;
  /** Undefined for hashed names: the manifest's annotations say it. */
  identity: PackageIdentity | undefined;
}

/**
 * What `oci://HOST/CHANNEL/SUBDIR/COMPONENT:TAG` names. The two layouts can't be told apart by a reference (`cmake` is
 * v0's cmake and v1's make); without `layout` it is read as v0, which is what exists, unless only v1 hashes names so.
 * Throws `illegal-reference` for what is no package (metadata, referrers, tags of neither layout).
 */
export function decodeReference(referenceText: string, layout?: LayoutVersion): DecodedPackageReference {
  const { host, name, tag } = parseReference(referenceText);
  if (tag === undefined) throw illegalReference(referenceText, 'it has no tag, and a digest alone says no name');
  const components = name.split('/');
  const component = components.pop();
  const subdir = components.pop();
  if (component === undefined || subdir === undefined || components.length === 0) {
    throw illegalReference(referenceText, 'its path is not CHANNEL/SUBDIR/PACKAGE');
  }
  try {
    checkSubdir(subdir);
  } catch (error) {
    throw Object.assign(illegalReference(referenceText, `"${subdir}" is no subdir`), { cause: error });
  }
  const channel = parseOciChannel(formatOciChannel({ host, path: components.join('/') }));
  const meant = layout ?? (/^h[0-9a-f]{64}:h[0-9a-f]{64}$/.test(`${component}:${tag}`) ? 'v1' : 'v0');
  const decoded = codecOf(meant).decodeName(component, tag);
  return {
    channel,
    subdir,
    layout: meant,
    hashed: decoded.hashed,
    identity: decoded.hashed ? undefined : decoded.identity,
  };
}
