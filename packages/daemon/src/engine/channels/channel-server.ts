import type { ResultOf } from '@condock/protocol';

/** The loopback channel as the engine sees it; http/ implements it, main/ joins the two. */
export interface ChannelServer {
  serve(options: { port?: number }): Promise<ResultOf<'channel/serve'>>;
  stop(): Promise<void>;
  status(): ResultOf<'channel/status'>;
  /** Starts serving where that is needed. `channel`: an oci:// or https:// channel URL. */
  urlOf(channel: string): Promise<ResultOf<'channel/url'>>;
  /** True while somebody is served: then the daemon must not end. */
  busy(): boolean;
  /** A registry channel (`oci://HOST/CHANNEL`) was changed from here: clients see it at once. */
  changed(channel: string): void;
}
