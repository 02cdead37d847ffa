import { z } from 'zod';
import { method, notification } from '../method.ts';
import { absolutePath, digest, empty, workDone } from './common.ts';

export const cacheMethods = {
  'cache/status': method('Where the store is and how full.', {
    params: empty,
    result: z.object({
      path: z.string(),
      blobs: z.number().int(),
      bytes: z.number().int(),
      quota: z.number().int().nullable(),
      partial: z.number().int().describe('Unfinished downloads that can be resumed.'),
      pinned: z.number().int(),
    }),
  }),
  'cache/verify': method('Hashes every blob again. What is bad is set aside, never unlinked in place.', {
    params: z.object({ ...workDone }),
    result: z.object({ checked: z.number().int(), bad: z.array(z.object({ digest, reason: z.string() })) }),
    progress: true,
  }),
  'cache/gc': method('Removes what nothing refers to, oldest first, down to a size; honours pins and leases.', {
    params: z.object({
      maxBytes: z.number().int().nonnegative().optional(),
      dryRun: z.boolean().optional(),
      ...workDone,
    }),
    result: z.object({ removed: z.number().int(), bytes: z.number().int(), kept: z.number().int() }),
    progress: true,
  }),
  'cache/pin': method('Keeps what an environment or a reference needs from being collected.', {
    params: z.object({ name: z.string(), path: absolutePath.optional(), references: z.array(z.string()).optional() }),
    result: z.object({ name: z.string(), blobs: z.number().int() }),
  }),
  'cache/unpin': method('The opposite of cache/pin.', {
    params: z.object({ name: z.string() }),
    result: z.object({ removed: z.boolean() }),
  }),
  'cache/export': method('Copies the store, or a part of it, as an OCI image layout.', {
    params: z.object({ directory: absolutePath, references: z.array(z.string()).optional(), ...workDone }),
    result: z.object({ directory: z.string(), blobs: z.number().int(), bytes: z.number().int() }),
    progress: true,
  }),
};

export const cacheNotifications = {
  'cache/didChange': notification(
    'Blobs came into the store or went, whoever asked for it; told at most every two seconds while they do.',
    empty,
  ),
};
