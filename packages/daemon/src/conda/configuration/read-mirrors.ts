import { readCondaMirrors } from './conda-config.ts';
import { readPixiMirrors } from './pixi-config.ts';
import type { ConfigurationPlaces, Mirror } from './types.ts';

export interface MirrorOptions extends ConfigurationPlaces {
  /** Of Condock's own configuration (`readCondockConfig`): asked first. */
  own?: readonly Mirror[] | undefined;
  /** Told what in the other tools' files can't be used. */
  warn?: (warning: string) => void;
}

/** Where the public mirrors hold the two channels that they mirror. */
export const BUILT_IN_MIRRORS: readonly Mirror[] = ['conda-forge', 'bioconda'].map((channel) => ({
  prefix: `https://conda.anaconda.org/${channel}`,
  targets: [`oci://ghcr.io/channel-mirrors/${channel}`],
  source: 'built in',
  scope: 'built-in',
}));

/**
 * Every mirror that is configured, the most important first: Condock's own, pixi's `[mirrors]`, conda's and mamba's
 * `mirrored_channels`, and those built in. For `mapUrl`, which knows what this order means.
 */
export function readMirrors(options: MirrorOptions): Mirror[] {
  const warn = options.warn ?? (() => undefined);
  return [
    ...(options.own ?? []),
    ...readPixiMirrors(options, warn),
    ...readCondaMirrors(options, warn),
    ...BUILT_IN_MIRRORS,
  ];
}
