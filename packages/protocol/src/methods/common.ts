import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../errors.ts';

export const errorDocument = z
  .object({
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    hint: z.string().optional(),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  })
  .describe('What went wrong: a code out of a closed set, a sentence, what to do, and facts.');

/** `unchecked` is only ever said where the caller asked not to touch the network. */
export const packageState = z.enum([
  'cached',
  'available',
  'absent',
  'other-format',
  'digest-mismatch',
  'unknown-digest',
  'login-required',
  'unmapped-channel',
  'illegal-name',
  'unsupported-source',
  'unreachable',
  'unchecked',
]);
export type PackageState = z.infer<typeof packageState>;

export const layoutVersion = z.enum(['v0', 'v1']).describe('v0: what the public mirrors hold. v1: the draft CEP.');
export type LayoutVersion = z.infer<typeof layoutVersion>;

export const layerRole = z.enum(['package', 'info', 'index']);
export type LayerRole = z.infer<typeof layerRole>;

export const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .describe('An OCI digest.');

/** A relative one would count from wherever the daemon happens to stand. */
export const absolutePath = z
  .string()
  .regex(/^(?:[/\\]|[A-Za-z]:[/\\])[^\0]*$/, { error: 'must be an absolute path (without NUL characters)' })
  .describe('An absolute path.');

export const amounts = z.object({ bytes: z.number().int(), packages: z.number().int() });

/** Carried by every method that may be long: the token under which `$/progress` is sent. */
export const workDone = { workDoneToken: z.union([z.string(), z.number()]).optional() };

/** Names a secret that this connection offered with `session/offer`; without it only shared sources are used. */
export const identity = { identity: z.string().optional() };

export const progressValue = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), title: z.string(), total: amounts.partial().optional() }),
  z.object({
    kind: z.literal('report'),
    done: amounts.partial().optional(),
    total: amounts.partial().optional(),
    message: z.string().optional(),
  }),
  z.object({ kind: z.literal('end'), message: z.string().optional() }),
]);
export type ProgressValue = z.infer<typeof progressValue>;

export const empty = z.object({});
