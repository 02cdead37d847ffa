import { CondockError } from '@condock/protocol';
import { checkSubdir } from './identifiers.ts';
import { isPlatform } from './platforms.ts';
import { DEFAULT_CHANNELS, locationOf, type LocationOptions } from './location.ts';
import { type Location, splitUrl } from './split-url.ts';
import type { ChannelUrl } from './types.ts';

/** A package URL taken apart. */
export interface PackageUrl {
  channel: ChannelUrl;
  subdir: string;
  /** The last segment as it stands, percent-encoding and all: `parseFileName` undoes it. */
  fileName: string;
}

/**
 * What a record, a lock file or a user calls a channel, as a URL without token, userinfo, query, final slash, subdir,
 * and label `main`: a URL (http, https, oci, file, s3, gcs), a local path, or a name below the alias. Nothing is looked
 * up. Throws `unmapped-channel` for `<unknown>` and for `defaults`, which is several channels (see `parseChannels`),
 * `unsupported-source` for what is no channel, `illegal-name` for what cannot be one.
 */
export function parseChannelUrl(text: string, options: LocationOptions = {}): ChannelUrl {
  const location = locationOf(text, options);
  const last = location.segments.at(-1);
  // Old records have the subdir in the channel.
  const isSubdir = last !== undefined && isPlatform(last) && location.segments.length > 1;
  return channelAt(isSubdir ? { ...location, segments: location.segments.slice(0, -1) } : location);
}

/** `parseChannelUrl`, and for `defaults` the channels that it stands for, in their order of priority. */
export function parseChannels(text: string, options: LocationOptions = {}): ChannelUrl[] {
  if (text.trim() === 'defaults') return DEFAULT_CHANNELS.map((url) => ({ url }));
  return [parseChannelUrl(text, options)];
}

/**
 * Takes the URL or absolute path of a package apart: its last two segments are subdir and file name. The fragment of an
 * explicit file (`#<md5>`) and a query are dropped. Throws `unsupported-source` or `illegal-name`.
 */
export function splitPackageUrl(url: string): PackageUrl {
  const location = splitUrl(url);
  const fileName = location.segments.at(-1);
  const subdir = location.segments.at(-2);
  if (fileName === undefined || subdir === undefined || checkSubdir(subdir).length > 0) {
    throw new CondockError('unsupported-source', `${url} does not stand in a channel's subdir.`, {
      hint: 'Package URLs read https://HOST/CHANNEL/SUBDIR/NAME-VERSION-BUILD.conda, with a subdir such as linux-64.',
    });
  }
  return { channel: channelAt({ ...location, segments: location.segments.slice(0, -2) }), subdir, fileName };
}

/** Formats a location and finds its label: what follows the first `/label/` behind a channel name (CEP 26). */
function channelAt(location: Location): ChannelUrl {
  const { segments } = location;
  const labelAt = segments.indexOf('label', 1);
  const label = labelAt < 0 ? '' : segments.slice(labelAt + 1).join('/');
  const kept = label === 'main' ? segments.slice(0, labelAt) : segments;
  const url = [`${location.scheme}://${location.authority}`, ...kept].join('/');
  return label === '' || label === 'main' ? { url } : { url, label };
}
