import { z } from 'zod';
import { method, notification } from '../method.ts';
import { digest, empty, errorDocument, identity, layoutVersion, workDone } from './common.ts';

const channelUrl = z.string().describe('oci://HOST/CHANNEL[/label/LABEL]');
const subdirs = z.array(z.string()).optional().describe('Default: every subdir that the channel has.');

export const servedChannel = z.object({
  name: z.string().describe('Path below the base: what stands between the secret and the subdir.'),
  url: z.string().describe('http://127.0.0.1:PORT/SECRET/NAME: what a conda client is given.'),
  upstreams: z.array(z.string()).describe('Where packages come from, in the order in which they are asked.'),
});

export const channelServer = z.object({
  running: z.boolean(),
  base: z.string().nullable(),
  channels: z.array(servedChannel),
  offline: z.boolean().describe('The last upstream request failed: what is cached is served.'),
  requests: z.number().int(),
});

/** One package of a comparison between what a registry holds and what its repodata says. */
export const channelDifference = z.object({
  subdir: z.string(),
  fileName: z.string(),
  kind: z.enum(['not-listed', 'not-stored', 'other-digest']),
  listed: z.string().nullable().describe('SHA-256 in the repodata.'),
  stored: z.string().nullable().describe('SHA-256 in the registry.'),
});

export const setupChange = z.object({
  path: z.string(),
  before: z.string().nullable().describe('null: the file does not exist.'),
  after: z.string().nullable().describe('null: the file goes away.'),
});

export const referrer = z.object({
  digest,
  mediaType: z.string(),
  artifactType: z.string().nullable(),
  size: z.number().int(),
  annotations: z.record(z.string(), z.string()),
});

export const channelMethods = {
  'channel/serve': method('Serves conda channels over loopback HTTP, below an unguessable path.', {
    params: z.object({ port: z.number().int().min(0).max(65535).optional() }),
    result: channelServer,
  }),
  'channel/stop': method('Ends the loopback channel.', { params: empty, result: empty }),
  'channel/status': method('What the loopback channel serves.', { params: empty, result: channelServer }),
  'channel/url': method('The loopback URL of a channel; starts the loopback channel if needed.', {
    params: z.object({ channel: z.string().describe('oci:// or https:// channel URL.') }),
    result: servedChannel,
  }),
  'channel/index': method('Rebuilds the repodata of a channel from its tags and index layers alone.', {
    params: z.object({
      channel: channelUrl,
      layout: layoutVersion.optional(),
      subdirs,
      names: z.array(z.string()).optional().describe('Packages to look for where the registry has no catalog.'),
      dryRun: z.boolean().optional(),
      ...identity,
      ...workDone,
    }),
    result: z.object({
      subdirs: z.array(
        z.object({
          subdir: z.string(),
          packages: z.number().int(),
          added: z.number().int(),
          removed: z.number().int(),
          digest: digest.nullable(),
        }),
      ),
      warnings: z.array(z.string()),
    }),
    progress: true,
  }),
  'channel/diff': method('Where a channel and its repodata disagree.', {
    params: z.object({
      channel: channelUrl,
      layout: layoutVersion.optional(),
      subdirs,
      names: z.array(z.string()).optional(),
      ...identity,
      ...workDone,
    }),
    result: z.object({ differences: z.array(channelDifference), warnings: z.array(z.string()) }),
    progress: true,
  }),
  'channel/remove': method('Takes builds out of a channel: out of the repodata first, then the manifests.', {
    params: z.object({
      channel: channelUrl,
      packages: z.array(z.string()).min(1).describe('SUBDIR/FILENAME'),
      yank: z.boolean().optional().describe('Only out of the repodata, by patch instructions; the archives stay.'),
      layout: layoutVersion.optional(),
      dryRun: z.boolean().optional(),
      ...identity,
      ...workDone,
    }),
    result: z.array(z.object({ package: z.string(), done: z.boolean(), error: errorDocument.optional() })),
    progress: true,
  }),
  'channel/copy': method('Copies or converts a channel or some of its packages; moves only blobs that are missing.', {
    params: z.object({
      from: channelUrl,
      to: channelUrl,
      packages: z.array(z.string()).optional().describe('SUBDIR/FILENAME; default: everything in the repodata.'),
      subdirs,
      fromLayout: layoutVersion.optional(),
      layout: layoutVersion.optional().describe('Layout at the target; default: that of the source.'),
      force: z.boolean().optional(),
      dryRun: z.boolean().optional(),
      ...identity,
      ...workDone,
    }),
    result: z.object({
      copied: z.number().int(),
      present: z.number().int(),
      blobs: z.object({ uploaded: z.number().int(), mounted: z.number().int(), present: z.number().int() }),
      bytes: z.number().int().describe('Bytes that went over the network to the target.'),
      failed: z.array(z.object({ package: z.string(), error: errorDocument })),
    }),
    progress: true,
  }),
  'channel/attach': method('Attaches a file (attestation, SBOM) to a package as a referrer.', {
    params: z.object({
      reference: z.string(),
      file: z.string(),
      mediaType: z.string(),
      artifactType: z.string().optional(),
      annotations: z.record(z.string(), z.string()).optional(),
      ...identity,
    }),
    result: z.object({ digest, subject: digest, via: z.enum(['referrers-api', 'fallback-tag']) }),
  }),
  'channel/referrers': method('What is attached to a package.', {
    params: z.object({ reference: z.string(), artifactType: z.string().optional(), ...identity }),
    result: z.object({ subject: digest, referrers: z.array(referrer) }),
  }),
  'channel/setup': method(
    "Writes, shows or takes back a conda client's mirror configuration for the loopback channel.",
    {
      params: z.object({
        client: z.enum(['pixi', 'mamba', 'conda']),
        channel: z.string().optional().describe('Needed but for revert, which without it takes back every entry.'),
        action: z.enum(['show', 'apply', 'revert']),
        file: z.string().optional().describe("Default: the client's own configuration file of this user."),
      }),
      result: z.object({ changes: z.array(setupChange), applied: z.boolean(), notes: z.array(z.string()) }),
    },
  ),
};

export const channelNotifications = {
  'channel/didChange': notification(
    'A channel was published to, or the loopback channel changed.',
    z.object({ channel: z.string().nullable() }),
  ),
};
export type ChannelServerDocument = z.infer<typeof channelServer>;
export type ChannelDifference = z.infer<typeof channelDifference>;
