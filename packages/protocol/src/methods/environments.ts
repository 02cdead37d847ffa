import { z } from 'zod';
import { DISCOVERY_VARIABLES } from '../discovery-variables.ts';
import { method, notification } from '../method.ts';
import { absolutePath, errorDocument, identity, layoutVersion, packageState, workDone } from './common.ts';

export const environmentKind = z.enum(['prefix', 'pixi-workspace', 'pixi-lock', 'conda-lock', 'explicit', 'specs']);

export const environmentPackage = z.object({
  name: z.string(),
  version: z.string(),
  build: z.string(),
  subdir: z.string(),
  kind: z.enum(['conda', 'pypi', 'source']),
  fileName: z.string().nullable(),
  channel: z.string().nullable().describe('Channel URL without tokens, subdir or final slash.'),
  url: z.string().nullable().describe('Where the input says the archive is; tokens removed.'),
  sha256: z.string().nullable(),
  md5: z.string().nullable(),
  size: z.number().int().nullable().describe('Bytes of the archive.'),
  license: z.string().nullable(),
  reference: z.string().nullable().describe('oci://host/channel/subdir/repository:tag'),
  layout: layoutVersion.nullable(),
  state: packageState,
  digest: z.string().nullable().describe('Digest of the archive as OCI names it.'),
  source: z.string().nullable().describe('Which mirror (or the cache) gave the answer.'),
  error: errorDocument.optional(),
});

export const environmentSummary = z.object({
  name: z.string(),
  platform: z.string().nullable(),
  packages: z.array(environmentPackage),
});

export const environmentListing = z.object({
  path: z.string(),
  kind: environmentKind,
  environments: z.array(environmentSummary),
  warnings: z.array(z.string()),
});

export const environmentMethods = {
  'env/discover': method('What environments a set of folders, or this machine, holds. Reads no package records.', {
    params: z.object({
      folders: z.array(z.string()).optional().describe('Absolute paths; looked at, and below to a small depth.'),
      machine: z.boolean().optional().describe("Also the user's own: environments.txt, conda roots, pixi global."),
      variables: z
        .record(z.string(), z.string())
        .optional()
        .describe(
          `The caller's ${DISCOVERY_VARIABLES.join(', ')}, as far as they are set; without this member, the daemon's own count.`,
        ),
    }),
    result: z.object({
      environments: z.array(
        z.object({
          path: z.string(),
          kind: environmentKind,
          names: z.array(z.string()),
          platforms: z.array(z.string()),
          note: z.string().nullable(),
        }),
      ),
      warnings: z.array(z.string()),
    }),
  }),
  'env/show': method('The packages of an environment, each with reference, digest and state; in pages.', {
    params: z.object({
      path: absolutePath.describe('Absolute path of a prefix, a workspace folder, or a lock or explicit file.'),
      environment: z.string().optional(),
      platform: z.string().optional(),
      check: z.boolean().optional().describe('Ask registries (default true). False: only what is known locally.'),
      cursor: z.string().optional().describe('`nextCursor` of the page before.'),
      ...identity,
      ...workDone,
    }),
    result: environmentListing.extend({ nextCursor: z.string().optional() }),
    progress: true,
  }),
  'env/watch': method('Asks for `env/didChange` when this environment or lock changes, until the connection ends.', {
    params: z.object({ path: absolutePath }),
    result: z.object({}),
  }),
  'env/unwatch': method('The opposite of `env/watch`.', {
    params: z.object({ path: absolutePath }),
    result: z.object({}),
  }),
};

export const environmentNotifications = {
  'env/didChange': notification(
    'A watched environment or lock changed; list it again.',
    z.object({ path: z.string() }),
  ),
};
export type EnvironmentKind = z.infer<typeof environmentKind>;
export type EnvironmentPackage = z.infer<typeof environmentPackage>;
export type EnvironmentListing = z.infer<typeof environmentListing>;
