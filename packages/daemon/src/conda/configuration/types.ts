import type { LayoutVersion } from '@condock/protocol';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One URL prefix and where the same files can be had. */
export interface Mirror {
  /** A URL without token, userinfo and final slash, of a host or a channel. */
  prefix: string;
  /** oci:// or https:// URLs, in the order in which they are asked. Empty: nowhere, not even at the built-in mirrors. */
  targets: string[];
  /** For people: the file and the key. */
  source: string;
  /** Who says so. What stands in a project may be somebody else's and must never decide where a secret goes. */
  scope: 'condock' | 'user' | 'project' | 'built-in';
}

/** Condock's own configuration file. */
export interface CondockConfig {
  mirrors: Mirror[];
  /** `host[:port]` of registries that may be spoken to over http. */
  insecureHosts: string[];
  /** By channel, `oci://host[:port]/path`. */
  layouts: ReadonlyMap<string, LayoutVersion>;
  /** Bytes that the store may take; undefined where none are set. */
  quota: number | undefined;
  /** What was not understood, each naming the file and the key. */
  warnings: string[];
}

/** Where the machine keeps configuration. */
export interface ConfigurationPlaces {
  env: Environment;
  homedir: string;
  /** As Node says it. */
  platform: string;
  /** Folder of a workspace, whose `.pixi/config.toml` counts. */
  projectFolder?: string | undefined;
}
