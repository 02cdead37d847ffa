import type { RowDefinition } from '../measure/row.ts';
import { eightBlobs, oneBlob } from './large-blobs.ts';
import { longLockListed } from './lists.ts';
import { loopbackChannel } from './loopback-channel.ts';
import { publishMany } from './publish-many.ts';
import { publishOne } from './publish.ts';
import { roundTrip } from './round-trip.ts';
import { smallArtifacts, smallBlobs } from './small-blobs.ts';
import { daemonStart } from './start.ts';
import { manyBlobs, verified } from './store.ts';
import { showPrefix, warmPrefetch } from './warm-commands.ts';

/** In the order of their numbers. */
export const rows: readonly RowDefinition[] = [
  smallBlobs,
  smallArtifacts,
  oneBlob,
  eightBlobs,
  warmPrefetch,
  showPrefix,
  longLockListed,
  daemonStart,
  roundTrip,
  publishOne,
  publishMany,
  manyBlobs,
  verified,
  loopbackChannel,
];
