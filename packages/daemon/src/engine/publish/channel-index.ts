import type { CondockError, LayoutVersion } from '@condock/protocol';
import type { OciChannel } from '../../layout/types.ts';
import type { RequestOptions } from '../../oci/registry-client.ts';
import type { LocalPackage } from './local-package.ts';

/** A package that is in the registry and must now be listed. */
export interface IndexAddition {
  layout: LayoutVersion;
  local: LocalPackage;
}

/** The channel's metadata as publishing sees it: repodata comes last, loses no concurrent update, or says why. */
export interface ChannelIndex {
  /** Those that are not listed now, and why. `restore`: list again what was yanked. */
  add(
    channel: OciChannel,
    additions: readonly IndexAddition[],
    options: RequestOptions & { signal: AbortSignal; restore: boolean },
  ): Promise<Map<IndexAddition, CondockError>>;
}
