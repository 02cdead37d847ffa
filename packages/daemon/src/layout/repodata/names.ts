import type { Repository } from '../../oci/types.ts';
import { repositoryOf } from '../channel.ts';
import type { MetadataKind } from '../metadata-names.ts';
import { formatV0History, formatV1History } from '../tags.ts';
import type { LayoutVersion, OciChannel } from '../types.ts';

/** The tag of the current copy, in both layouts. */
export const LATEST_TAG = 'latest';

/**
 * Repository of one kind of channel metadata. v1: `m` and the file name below the subdir, `channeldata.json` at the
 * channel's root. v0 knows `repodata.json` alone; the other kinds follow its pattern, which is also how rattler asks for
 * them. `subdir` does not count for channeldata.
 */
export function metadataRepository(
  channel: OciChannel,
  subdir: string,
  layout: LayoutVersion,
  kind: MetadataKind,
): Repository {
  if (kind === 'channeldata') return repositoryOf(channel, undefined, 'channeldata.json');
  return repositoryOf(channel, subdir, `${layout === 'v1' ? 'm' : ''}${kind}.json`);
}

/** The tag under which a copy of the metadata stays when a newer one becomes `latest`. */
export const historyTag = (layout: LayoutVersion, time: Date): string =>
  layout === 'v1' ? formatV1History(time) : formatV0History(time);
