import { z } from 'zod';
import { method } from '../method.ts';
import {
  absolutePath,
  digest,
  errorDocument,
  identity,
  layerRole,
  layoutVersion,
  packageState,
  workDone,
} from './common.ts';

export const textFile = z.object({ path: z.string(), text: z.string(), truncated: z.boolean() });

export const manifestLayer = z.object({
  role: layerRole.nullable().describe('null: a layer that Condock does not know.'),
  mediaType: z.string(),
  digest,
  size: z.number().int(),
  title: z.string().nullable(),
  cached: z.boolean(),
});

export const packageInsides = z.object({
  target: z.string(),
  reference: z.string().nullable(),
  layout: layoutVersion.nullable(),
  manifestDigest: digest.nullable(),
  layers: z.array(manifestLayer),
  index: z.record(z.string(), z.unknown()).describe('info/index.json as it stands.'),
  about: z.record(z.string(), z.unknown()).nullable(),
  runExports: z.record(z.string(), z.unknown()).nullable(),
  files: z.object({ count: z.number().int(), bytes: z.number().int().nullable() }).nullable(),
  licenses: z.array(textFile),
  recipe: z.array(textFile),
  warnings: z.array(z.string()).describe('Parts that are there and could not be read.'),
  from: z.enum(['info-layer', 'archive']).describe('What was opened to know this.'),
});

export const packageMethods = {
  'package/inspect': method('What is inside a package, from its info layer alone where it is in a registry.', {
    params: z.object({
      target: z.string().describe('oci:// reference, absolute path of an archive, or URL of a mapped channel.'),
      ...identity,
      ...workDone,
    }),
    result: packageInsides,
    progress: true,
  }),
  'package/files': method('The files that a package installs; in pages.', {
    params: z.object({ target: z.string(), cursor: z.string().optional(), ...identity }),
    result: z.object({
      files: z.array(
        z.object({
          path: z.string(),
          type: z.enum(['file', 'symlink', 'directory']),
          size: z.number().int().nullable(),
          sha256: z.string().nullable(),
        }),
      ),
      nextCursor: z.string().optional(),
    }),
  }),
  'prefetch/run': method('Brings exactly these packages into the store, verified.', {
    params: z.object({
      path: absolutePath.optional().describe('An environment, as in env/show.'),
      references: z.array(z.string()).optional().describe('oci:// references or URLs of mapped channels.'),
      environment: z.string().optional(),
      platform: z.string().optional(),
      layers: z.array(layerRole).optional().describe("Default: ['package']."),
      priority: z.enum(['interactive', 'background']).optional(),
      ...identity,
      ...workDone,
    }),
    result: z.object({
      requested: z.number().int(),
      fetched: z.number().int(),
      cached: z.number().int(),
      failed: z.array(z.object({ name: z.string(), state: packageState, error: errorDocument })),
      bytes: z.number().int().describe('Bytes that came over the network.'),
      seconds: z.number(),
      environments: z
        .array(z.object({ name: z.string(), platform: z.string().nullable() }))
        .optional()
        .describe('Whose packages these were, where a path was given.'),
    }),
    progress: true,
  }),
  'publish/run': method('Puts builds into a channel in a registry: blobs, manifest, tag, then repodata.', {
    params: z.object({
      files: z.array(absolutePath).min(1).max(10_000).describe('Absolute paths of .conda or .tar.bz2 archives.'),
      to: z.string().describe('oci://HOST/CHANNEL'),
      layout: z.enum(['v0', 'v1', 'both']).optional(),
      dryRun: z.boolean().optional(),
      index: z.boolean().optional().describe('Update the channel metadata afterwards (default true).'),
      force: z.boolean().optional().describe('Replace an existing build by other bytes.'),
      subdir: z.string().optional().describe('Only where index.json does not say one.'),
      label: z.string().optional(),
      mountFrom: z
        .array(z.string())
        .optional()
        .describe('Repositories or channels on the same host that may hold the blobs.'),
      ...identity,
      ...workDone,
    }),
    result: z.array(
      z.object({
        file: z.string(),
        reference: z.string().nullable(),
        manifestDigest: digest.nullable(),
        layout: layoutVersion,
        blobs: z.array(z.object({ digest, size: z.number().int(), moved: z.enum(['uploaded', 'mounted', 'present']) })),
        warnings: z.array(z.string()).optional().describe('What is unusual about the archive, as sentences.'),
        error: errorDocument.optional(),
      }),
    ),
    progress: true,
  }),
};
export type PackageInsides = z.infer<typeof packageInsides>;
