import type { LayoutVersion } from '@condock/protocol';

/** From channel URLs to OCI channels. Joined in main/ from Condock's, pixi's and mamba's configuration. */
export interface ChannelMap {
  /** OCI channels that mirror the channel of a package URL, in the order in which they are asked. */
  readonly targets: (packageUrl: string) => readonly { readonly channel: string; readonly source: string }[];
  /** Configured for the channel, else what the public mirrors use: v0. */
  readonly layoutOf: (channel: { host: string; path: string }) => LayoutVersion;
}
