import { parseOciChannel } from '../../layout/channel.ts';
import type { LayoutVersion, OciChannel } from '../../layout/types.ts';
import type { ChannelMap } from '../../engine/resolve/channel-map.ts';

/** A registry channel that is asked for a served channel's files. */
export interface Upstream {
  channel: OciChannel;
  layout: LayoutVersion;
  /** For people. */
  source: string;
}

export interface Upstreams {
  registries: Upstream[];
  /** The https channel itself, to which clients are sent for what no registry has. */
  https: string | undefined;
}

/** Where the files of a channel URL come from, in the order in which they are asked. */
export function upstreamsOf(channelUrl: string, map: ChannelMap): Upstreams {
  const registries = map.targets(`${channelUrl}/noarch/any-0-0.conda`).map(({ channel, source }) => {
    const parsed = parseOciChannel(channel);
    return { channel: parsed, layout: map.layoutOf(parsed), source };
  });
  return { registries, https: /^https?:/.test(channelUrl) ? channelUrl : undefined };
}

/** The name under which a channel is served: its last path segment, with a number where that is taken by another. */
export function nameFor(channelUrl: string, taken: Readonly<Record<string, string>>): string {
  const known = Object.entries(taken).find(([, url]) => url === channelUrl);
  if (known !== undefined) return known[0];
  const last = new URL(channelUrl).pathname.replace(/\/+$/, '').split('/').at(-1) ?? '';
  const base = last.replace(/[^A-Za-z0-9._-]/g, '-') || 'channel';
  let name = base;
  for (let n = 2; Object.hasOwn(taken, name); n += 1) name = `${base}-${n}`;
  return name;
}
