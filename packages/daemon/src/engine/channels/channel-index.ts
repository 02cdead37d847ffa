import { type CondockError } from '@condock/protocol';
import { describeInside } from '../../conda/insides.ts';
import { readInstalledPaths } from '../../conda/inside/installed-paths.ts';
import type { InfoFiles } from '../../conda/info-files.ts';
import { formatOciChannel } from '../../layout/channel.ts';
import { type ArchiveFacts, counterpartOf, recordFromIndex } from '../../layout/repodata/records.ts';
import type { ChannelIndex, IndexAddition } from '../publish/channel-index.ts';
import type { UpdateParts } from './document-update.ts';
import { type Listing, listPackages } from './list-packages.ts';

/** Lists published packages in their channel's metadata. */
export function createChannelIndex(parts: UpdateParts & { changed: (channel: string) => void }): ChannelIndex {
  return {
    add: async (channel, additions, options) => {
      const failures = new Map<IndexAddition, CondockError>();
      for (const layout of new Set(additions.map((a) => a.layout))) {
        const listings = additions.filter((a) => a.layout === layout).map(listingOf);
        const target = { channel, layout, restore: options.restore };
        for (const [{ addition }, failure] of await listPackages(listings, target, parts, options))
          failures.set(addition, failure);
      }
      parts.changed(formatOciChannel(channel));
      return failures;
    },
  };
}

function listingOf(addition: IndexAddition): Listing & { addition: IndexAddition } {
  const { local } = addition;
  const facts = {
    fileName: local.fileName.fileName,
    sha256: local.digest.slice('sha256:'.length),
    md5: local.md5,
    size: local.size,
  };
  // Published manifests hold one archive.
  const replaces = counterpartOf(facts.fileName);
  return { addition, replaces, ...describeListing(local.infoFiles, local.subdir, facts, local.path) };
}

/** What a channel's metadata says of a package, out of its info directory. `where`: for errors. */
export function describeListing(infoFiles: InfoFiles, subdir: string, facts: ArchiveFacts, where: string): Listing {
  const { index, about, runExports } = describeInside(infoFiles, where);
  return {
    subdir,
    record: recordFromIndex(index, facts),
    runExports: runExports ?? {},
    source: {
      index,
      subdir,
      paths: readInstalledPaths(infoFiles),
      ...(about === null ? {} : { about }),
      ...(runExports === null ? {} : { runExports }),
    },
  };
}
