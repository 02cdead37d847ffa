import { CondockError } from '@condock/protocol';
import type { BuiltRepodata } from '../../layout/repodata/artifact.ts';
import { historyTag } from '../../layout/repodata/names.ts';
import type { JsonObject } from '../../layout/repodata/types.ts';
import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Digest } from '../../oci/types.ts';
import { type DocumentPlace, latestDigest, moveLatest, pushDocument, readDocument } from './metadata-documents.ts';

/** A change to a document that can be made again on whatever another publisher made of it meanwhile. */
export interface DocumentEdit {
  /** What the document becomes; undefined: the channel has none yet. Nothing is changed in place. */
  apply(current: JsonObject | undefined): JsonObject;
  /** True where the document says already what the edit wants. */
  holds(current: JsonObject): boolean;
}

export interface UpdateParts {
  registry: RegistryClient;
  /** Wall clock, for history tags. */
  now: () => Date;
  sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** 0 ≤ random < 1 */
  random: () => number;
  /** Default `SETTLE_MS`. All who publish to one channel must use the same; another only in tests. */
  settleMs?: number;
}

export type UpdateOptions = RequestOptions & { signal: AbortSignal };

/** A change that stands in the document, but may still be overwritten by a publisher who read before it. */
export interface PutChange {
  place: DocumentPlace;
  edit: DocumentEdit;
  digest: Digest;
  /** When `latest` had moved, or was seen to hold the change: who moved it then may have been killed before it lasted. */
  at: number;
}

/**
 * OCI has no compare-and-swap. What stands in for it: every publisher reads `latest` again at once before it moves it, and
 * waits `SETTLE_MS` after moving it before it looks whether its change is still there. A publisher that overwrites a change
 * had asked for `latest` before that change was put, and moves the tag within `MOVE_SHARE` of `SETTLE_MS` of asking, or not at
 * all; the rest is for a move that was given up while it was on its way. So after the wait nobody who
 * has not seen the change can overwrite it, and a change that is there then stays. One that is not is made again on what
 * took its place. The time-stamped copy stays in the registry whatever happens to `latest` (until the next of the same time).
 */
export const SETTLE_MS = 2000;

const MOVE_SHARE = 0.75;

const ROUNDS = 40;

/** Puts a change; to be followed by `confirmChange`. */
export async function putChange(
  place: DocumentPlace,
  edit: DocumentEdit,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<PutChange> {
  const { registry } = parts;
  for (let round = 0; round < ROUNDS; round += 1) {
    const current = await readDocument(place, registry, options);
    if (current !== undefined && edit.holds(current.json)) {
      return { place, edit, digest: current.digest, at: parts.now().getTime() };
    }
    const history = historyTag(place.layout, parts.now());
    const built = await pushDocument(place, edit.apply(current?.json), history, registry, options);
    const moved = await moveFrom(current?.digest, place, built, parts, options);
    if (moved === 'moved') return { place, edit, digest: built.digest, at: parts.now().getTime() };
    // Another publisher was faster. Who waits at random lets all get their turn.
    await parts.sleep(20 + parts.random() * 50 * Math.min(round + 1, 10), options.signal);
  }
  throw crowded(place);
}

/** Moves `latest` where it still is what was read, in the time that others reckon with. */
async function moveFrom(
  read: Digest | undefined,
  place: DocumentPlace,
  built: BuiltRepodata,
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<'moved' | 'changed'> {
  const deadline = AbortSignal.timeout((parts.settleMs ?? SETTLE_MS) * MOVE_SHARE);
  try {
    const inTime = { ...options, signal: AbortSignal.any([options.signal, deadline]) };
    if ((await latestDigest(place, parts.registry, inTime)) !== read) return 'changed';
    await moveLatest(place, built, parts.registry, inTime);
    return 'moved';
  } catch (error) {
    if (!deadline.aborted || options.signal.aborted) throw error;
    // It may have moved all the same: the next round finds the change there then.
    return 'changed';
  }
}

/** Waits until a change that was put can't be overwritten any more; makes it again as often as it was. */
export async function confirmChange(put: PutChange, parts: UpdateParts, options: UpdateOptions): Promise<Digest> {
  let change = put;
  for (let round = 0; round < ROUNDS; round += 1) {
    await parts.sleep(Math.max(0, change.at + (parts.settleMs ?? SETTLE_MS) - parts.now().getTime()), options.signal);
    if ((await latestDigest(change.place, parts.registry, options)) === change.digest) return change.digest;
    const current = await readDocument(change.place, parts.registry, options);
    // Still there, among what others did meanwhile.
    if (current !== undefined && change.edit.holds(current.json)) return current.digest;
    change = await putChange(change.place, change.edit, parts, options);
  }
  throw crowded(put.place);
}

function crowded(place: DocumentPlace): CondockError {
  const { host, name } = place.repository;
  return new CondockError(
    'conflict',
    `oci://${host}/${name}: others change it all the time, so that a change could not be made to last.`,
    {
      hint: 'The packages are in the registry. Try again later, or run "condock channel index".',
      data: { host },
    },
  );
}
