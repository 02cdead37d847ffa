import { z } from 'zod';
import { method } from '../method.ts';
import { errorDocument, layoutVersion } from './common.ts';

export const encodedReference = z.union([
  z.object({
    input: z.string(),
    reference: z.string(),
    repository: z.string(),
    tag: z.string(),
    hashed: z.boolean(),
    layout: layoutVersion,
  }),
  z.object({ input: z.string(), error: errorDocument }),
]);
export const decodedReference = z.union([
  z.object({
    input: z.string(),
    channel: z.string(),
    subdir: z.string(),
    name: z.string().nullable(),
    version: z.string().nullable(),
    build: z.string().nullable(),
    hashed: z.boolean(),
    layout: layoutVersion,
  }),
  z.object({ input: z.string(), error: errorDocument }),
]);

export const referenceMethods = {
  'ref/encode': method('Package file names or URLs to OCI references. No network.', {
    params: z.object({
      inputs: z.array(z.string()).max(100_000),
      channel: z
        .string()
        .optional()
        .describe('oci://HOST/CHANNEL; needed where an input is not a URL of a mapped channel.'),
      subdir: z.string().optional().describe('For inputs that do not say theirs; default noarch.'),
      layout: layoutVersion.optional(),
    }),
    result: z.array(encodedReference),
  }),
  'ref/decode': method('OCI references back to what they name. No network.', {
    params: z.object({ inputs: z.array(z.string()).max(100_000), layout: layoutVersion.optional() }),
    result: z.array(decodedReference),
  }),
};
export type EncodedReference = z.infer<typeof encodedReference>;
export type DecodedReference = z.infer<typeof decodedReference>;
