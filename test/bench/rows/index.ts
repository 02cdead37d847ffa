import type { RowDefinition } from '../measure/row.ts';
import { roundTrip } from './round-trip.ts';
import { smallArtifacts, smallBlobs } from './small-blobs.ts';
import { daemonStart } from './start.ts';
import { showPrefix, warmPrefetch } from './warm-commands.ts';

/** In the order of their numbers. */
export const rows: readonly RowDefinition[] = [
  smallBlobs,
  smallArtifacts,
  warmPrefetch,
  showPrefix,
  daemonStart,
  roundTrip,
];
