import type { EngineMethods } from '../engine-methods.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';
import { decodeReferences, encodeReferences } from './name-references.ts';

export function referenceMethods(
  mapFor: (path: string | undefined) => ChannelMap,
): Pick<EngineMethods, 'ref/encode' | 'ref/decode'> {
  return {
    'ref/encode': ({ inputs, ...options }) =>
      Promise.resolve().then(() => encodeReferences(inputs, options, mapFor(undefined))),
    'ref/decode': ({ inputs, layout }) => Promise.resolve().then(() => decodeReferences(inputs, layout)),
  };
}
