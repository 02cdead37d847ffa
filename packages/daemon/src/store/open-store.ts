import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Descriptor } from '../oci/types.ts';
import type { BlobStore, Ingest } from './blob-store.ts';
import { BadBlobs } from './blobs/bad-blobs.ts';
import { BlobFiles } from './blobs/blob-files.ts';
import { BufferPool } from './blobs/file-writer.ts';
import { beginIngest, suspendAll } from './blobs/ingest.ts';
import { putFile } from './blobs/put-file.ts';
import { readBlob, readSmall } from './blobs/read-blob.ts';
import { Unsynced } from './blobs/unsynced.ts';
import { collectBlobs } from './collect.ts';
import { exportLayout } from './export-layout.ts';
import { IndexFile, liveRefs } from './index-file.ts';
import { LastUse } from './last-use.ts';
import { countPartials } from './leftovers.ts';
import { lease } from './owner/leases.ts';
import { OwnerWatch } from './owner/owner-watch.ts';
import { Owner } from './owner/owner.ts';
import { type Processes, systemProcesses } from './owner/process-identity.ts';
import { reapEnded } from './owner/reap.ts';
import { QuotaKeeper } from './quota-keeper.ts';
import { BlobCount } from './records/blob-count.ts';
import { Records } from './records/records.ts';
import { openSkeleton } from './skeleton.ts';
import { errnoOf, guarded, isFull, storeFailure } from './store-failure.ts';
import type { StoreLog } from './store-log.ts';
import { blobPath, hexName, storePaths } from './store-paths.ts';
import { verifyBlobs } from './verify.ts';

export interface OpenStoreOptions {
  /** The store's folder, made where it is missing. All of it is Condock's. */
  root: string;
  /** Bytes above which the longest unused blobs are collected by themselves; without it the store grows. */
  quota?: number | undefined;
  /** Milliseconds since the epoch; default `Date.now`. */
  clock?: (() => number) | undefined;
  log?: StoreLog | undefined;
  /** Told whenever this process adds a blob or takes one away: often, so whoever tells others has to gather. */
  onChange?: (() => void) | undefined;
  /** How other processes are told apart and known to have ended. */
  processes?: Processes | undefined;
}

/**
 * Opens the store, which any number of processes may have open at once, and settles what ended processes left in it. Throws
 * `store-failed` where the folder can't be used. What is not disposed loses nothing but speed at the next opening.
 */
export function openStore(options: OpenStoreOptions): BlobStore {
  const { quota, clock = Date.now, log = () => undefined, processes = systemProcesses } = options;
  const { onChange = () => undefined } = options;
  const paths = storePaths(resolve(options.root));
  const isNew = openSkeleton(paths);

  const owner = new Owner({ paths, processes, log });
  const watch = new OwnerWatch({ processes, clock });
  const bad = new BadBlobs(paths, log);
  const records = new Records({ directory: paths.records, origin: owner.id, clock, log });
  const count = new BlobCount({ paths, records, origin: owner.id, log });
  const index = new IndexFile({ path: paths.index, records, log });
  const lastUse = new LastUse(paths, clock);
  const onRemoved = (bytes: number): void => {
    count.add(-1, -bytes);
    onChange();
  };
  const unsynced = new Unsynced({ paths, owner, bad, log, onRemoved });
  const keeper = new QuotaKeeper({ quota, count, log, collect: (maxBytes) => store.collect({ maxBytes }) });
  const counted = {
    prepare: () => count.prepare(),
    add: (blobs: number, bytes: number) => {
      count.add(blobs, bytes);
      keeper.check();
      onChange();
    },
  };
  const files = new BlobFiles({ paths, owner, unsynced, count: counted });
  const pool = new BufferPool();
  const open = new Set<Ingest | Promise<Ingest>>();
  const onReaped = (): void => {
    count.doubt();
    index.request();
  };
  const reaping = { paths, owner, watch, bad, log };
  const ingesting = { ...reaping, clock, onReaped, files, pool, open };
  const setRef = (name: string, target: Descriptor | null): void => {
    // Whoever finds the folder of an ended process publishes what it could not.
    owner.ensure();
    records.setRef(name, target);
    index.request();
  };
  const deleteRef = (name: string): boolean => {
    if ((records.refs().get(name)?.d ?? null) === null) return false;
    setRef(name, null);
    return true;
  };

  const store: BlobStore = {
    root: paths.root,
    has: (digest) => {
      const path = blobPath(paths, digest);
      return guarded('look at', path, () => statSync(path, { throwIfNoEntry: false })?.size);
    },
    pathOf: (digest) => blobPath(paths, digest),
    read: (digest, range) => readBlob(digest, blobPath(paths, digest), range),
    readSmall: (digest, limit) => readSmall(digest, blobPath(paths, digest), limit),
    putSmall: (bytes, expected) => files.putSmall(bytes, expected),
    begin: (digest, size) => beginIngest(digest, size, ingesting),
    putFile: (path, signal) => putFile(path, { owner, files, pool }, signal),
    touch: (digest) => lastUse.touch(hexName(digest)),
    setRef: (name, target) => {
      hexName(target.digest);
      setRef(name, target);
    },
    publishRefs: () => index.flush(),
    getRef: (name) => records.refs().get(name)?.d ?? undefined,
    deleteRef,
    refs: () => [...liveRefs(records)],
    pin: (name, digests) => {
      digests.forEach(hexName);
      records.setPin(name, [...digests]);
    },
    unpin: (name) => {
      if ((records.pins().get(name)?.d ?? null) === null) return false;
      records.setPin(name, null);
      return true;
    },
    pins: () => [...records.pins().values()].flatMap(({ n, d }) => (d === null ? [] : [[n, d] as const])),
    lease: (digests) => lease(digests, owner),
    verify: (verifying) => verifyBlobs({ paths, bad, beforeRemoval, onRemoved }, verifying),
    collect: async (collecting) => {
      settleAtLeisure();
      beforeRemoval();
      const maxBytes = collecting.maxBytes ?? quota;
      return collectBlobs(
        { paths, owner, watch, records, lastUse, clock, deleteRef, onRemoved },
        { ...collecting, ...(maxBytes === undefined ? {} : { maxBytes }) },
      );
    },
    exportTo: async (directory, exporting) => {
      await unsynced.flush();
      return exportLayout(resolve(directory), { paths, records, clock }, exporting);
    },
    status: () => {
      settleAtLeisure();
      return { path: paths.root, ...count.total(), partial: countPartials(paths), quota: quota ?? null };
    },
    [Symbol.asyncDispose]: async () => {
      await keeper.stop();
      await suspendAll(open);
      await lastUse.flush();
      await unsynced.flush();
      try {
        count.flush();
        index.flush();
        owner[Symbol.dispose]();
      } catch (error) {
        owner.abandon();
        log({ level: 'warn', message: error instanceof Error ? error.message : String(error) });
      }
      records.close();
    },
  };

  /** Whoever finds our folder after an unclean end counts again. A full disk must not keep anybody from taking blobs away. */
  function beforeRemoval(): void {
    try {
      owner.ensure();
      count.prepare();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** What is full now is settled later. */
  function settleAtLeisure(): void {
    try {
      settle();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  function settle(): void {
    try {
      if (reapEnded(reaping)) onReaped();
    } catch (error) {
      if (errnoOf(error) !== 'EROFS') throw storeFailure(error, 'settle', paths.owners);
    }
  }
  settle();
  if (isNew) index.publish();
  return store;
}
