import {
  CondockError,
  type DecodedReference,
  type EncodedReference,
  type LayoutVersion,
  toCondockError,
} from '@condock/protocol';
import { splitPackageUrl } from '../../conda/channel-url.ts';
import { parseFileName } from '../../conda/file-name.ts';
import { decodeReference, encodeReference } from '../../layout/codec.ts';
import { formatOciChannel, parseOciChannel } from '../../layout/channel.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';

export interface EncodeOptions {
  channel?: string | undefined;
  subdir?: string | undefined;
  layout?: LayoutVersion | undefined;
}

/** One answer per input, in order; what can't be named says why. No network. */
export function encodeReferences(
  inputs: readonly string[],
  options: EncodeOptions,
  map: ChannelMap,
): EncodedReference[] {
  // A bad --channel is one mistake, not one per input.
  const channel = options.channel === undefined ? undefined : parseOciChannel(options.channel);
  return inputs.map((input) => {
    try {
      const { subdir, fileName, url } = takeApart(input, options.subdir);
      const target = channel ?? mappedChannel(url, map);
      const layout = options.layout ?? map.layoutOf(target);
      const encoded = encodeReference({ channel: target, subdir, identity: parseFileName(fileName), layout });
      return {
        input,
        reference: encoded.reference,
        repository: encoded.repository,
        tag: encoded.tag,
        hashed: encoded.hashed,
        layout,
      };
    } catch (error) {
      return { input, error: toCondockError(error).toJSON() };
    }
  });
}

function takeApart(
  input: string,
  subdir: string | undefined,
): { subdir: string; fileName: string; url: string | undefined } {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(input)) {
    const parts = splitPackageUrl(input);
    return { subdir: parts.subdir, fileName: parts.fileName, url: input };
  }
  const slash = input.indexOf('/');
  // `SUBDIR/FILENAME`; anything deeper, or that climbs, is for parseFileName to refuse.
  const match = /^([a-z0-9]+(?:-[a-z0-9]+)?)\/([^/\\]+)$/.exec(input);
  if (slash >= 0 && match?.[1] !== undefined && match[2] !== undefined)
    return { subdir: match[1], fileName: match[2], url: undefined };
  return { subdir: subdir ?? 'noarch', fileName: input, url: undefined };
}

function mappedChannel(url: string | undefined, map: ChannelMap) {
  const target = url === undefined ? undefined : map.targets(url)[0];
  if (target === undefined) {
    throw new CondockError(
      'unmapped-channel',
      url === undefined ? 'A file name alone does not say its channel.' : `No OCI channel is known for ${url}.`,
      {
        hint: 'Name one: --channel oci://HOST/CHANNEL',
      },
    );
  }
  return parseOciChannel(target.channel);
}

/** What references name. Hashed ones decode to nulls: their spelling is in the manifest's annotations. No network. */
export function decodeReferences(inputs: readonly string[], layout: LayoutVersion | undefined): DecodedReference[] {
  return inputs.map((input) => {
    try {
      const decoded = decodeReference(input, layout);
      const identity = decoded.identity;
      return {
        input,
        channel: formatOciChannel(decoded.channel),
        subdir: decoded.subdir,
        name: identity?.name ?? null,
        version: identity?.version ?? null,
        build: identity?.build ?? null,
        hashed: decoded.hashed,
        layout: decoded.layout,
      };
    } catch (error) {
      return { input, error: toCondockError(error).toJSON() };
    }
  });
}
