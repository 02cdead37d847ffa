import { CondockError, type LayoutVersion, type NotificationName, type NotificationParams } from '@condock/protocol';
import { formatOciChannel, parseOciChannel } from '../../layout/channel.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import type { CallContext } from '../engine-host.ts';
import type { EngineMethods } from '../engine-methods.ts';
import type { ChannelMap } from '../resolve/channel-map.ts';
import { requestOptions } from '../request-options.ts';
import type { Transfers } from '../transfer/transfers.ts';
import type { ChannelServer } from './channel-server.ts';
import { copyChannel } from './copy-channel.ts';
import type { UpdateParts } from './document-update.ts';
import { diffChannel } from './diff-channel.ts';
import { parsePackageName } from './package-name.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { attach, listReferrers } from './referrers.ts';
import { removePackages } from './remove-packages.ts';
import type { ClientSetup } from './client-setup.ts';
import { listSubdirs } from './list-subdirs.ts';

export interface ChannelParts {
  registry: RegistryClient;
  store: BlobStore;
  transfers: Transfers;
  update: UpdateParts;
  server: ChannelServer;
  setup: ClientSetup;
  mapFor: (path: string | undefined) => ChannelMap;
  notify: <N extends NotificationName>(name: N, params: NotificationParams<N>) => void;
}

type ChannelMethods = Pick<EngineMethods, `channel/${string}` & keyof EngineMethods>;

export function channelMethods(parts: ChannelParts): ChannelMethods {
  const { registry, server, notify } = parts;
  const whole = { ...parts, ...parts.update };
  const changed = (channel: OciChannel): void => {
    server.changed(formatOciChannel(channel));
    notify('channel/didChange', { channel: formatOciChannel(channel) });
  };
  const layoutFor = (channel: OciChannel, layout: LayoutVersion | undefined): LayoutVersion =>
    layout ?? parts.mapFor(undefined).layoutOf(channel);
  const scope = async (
    params: {
      channel: string;
      layout?: LayoutVersion | undefined;
      subdirs?: string[] | undefined;
      names?: string[] | undefined;
      identity?: string | undefined;
    },
    context: CallContext,
  ) => {
    const channel = parseOciChannel(params.channel);
    const layout = layoutFor(channel, params.layout);
    const options = requestOptions(params.identity, context);
    const subdirs = params.subdirs ?? (await listSubdirs(channel, layout, registry, options));
    if (subdirs.length === 0) throw nothingThere(channel, layout);
    return { channel, layout, subdirs, names: params.names ?? [], request: options };
  };
  return {
    'channel/serve': async ({ port }) => {
      const status = await server.serve(port === undefined ? {} : { port });
      notify('channel/didChange', { channel: null });
      return status;
    },
    'channel/stop': async () => {
      await server.stop();
      notify('channel/didChange', { channel: null });
      return {};
    },
    'channel/status': () => Promise.resolve(server.status()),
    'channel/url': ({ channel }) => server.urlOf(channel),
    'channel/index': async (params, context) => {
      const result = await rebuildIndex(
        { ...(await scope(params, context)), dryRun: params.dryRun ?? false },
        whole,
        context,
      );
      // Whoever looks at a channel by a dry run, and looks again when it changed, would never come to an end.
      if (params.dryRun !== true) changed(parseOciChannel(params.channel));
      return result;
    },
    'channel/diff': async (params, context) => diffChannel(await scope(params, context), whole, context),
    'channel/remove': async (params, context) => {
      const channel = parseOciChannel(params.channel);
      const rows = await removePackages(
        {
          channel,
          layout: layoutFor(channel, params.layout),
          packages: params.packages,
          yank: params.yank ?? false,
          dryRun: params.dryRun ?? false,
          request: requestOptions(params.identity, context),
        },
        parts.update,
      );
      if (params.dryRun !== true) changed(channel);
      return rows;
    },
    'channel/copy': async (params, context) => {
      const from = parseOciChannel(params.from);
      const to = parseOciChannel(params.to);
      const fromLayout = layoutFor(from, params.fromLayout);
      const options = requestOptions(params.identity, context);
      if (formatOciChannel(from) === formatOciChannel(to) && (params.layout ?? fromLayout) === fromLayout) {
        throw new CondockError('usage', 'Source and target are the same channel.', {
          hint: 'Name another channel, or another layout.',
        });
      }
      const named = params.packages?.map((text) => parsePackageName(text).subdir);
      const subdirs =
        params.subdirs ??
        (named === undefined ? await listSubdirs(from, fromLayout, registry, options) : [...new Set(named)]);
      const result = await copyChannel(
        {
          from,
          to,
          fromLayout,
          layout: params.layout ?? fromLayout,
          subdirs,
          packages: params.packages,
          force: params.force ?? false,
          dryRun: params.dryRun ?? false,
          request: options,
        },
        whole,
        context,
      );
      changed(to);
      return result;
    },
    'channel/attach': async (params, context) =>
      attach(
        {
          reference: params.reference,
          file: params.file,
          mediaType: params.mediaType,
          artifactType: params.artifactType ?? params.mediaType,
          annotations: params.annotations ?? {},
          request: requestOptions(params.identity, context),
        },
        parts.update,
      ),
    'channel/referrers': async (params, context) =>
      listReferrers(params.reference, params.artifactType, registry, requestOptions(params.identity, context)),
    'channel/setup': async (params) => parts.setup(params, (channel) => server.urlOf(channel)),
  };
}

function nothingThere(channel: OciChannel, layout: LayoutVersion): CondockError {
  return new CondockError('absent', `${formatOciChannel(channel)} has nothing in layout ${layout}, or is private.`, {
    hint: `If it is private, sign in with "condock login ${channel.host}"; if the registry does not list its repositories, name what to look for with --subdir and --name.`,
    data: { host: channel.host },
  });
}
