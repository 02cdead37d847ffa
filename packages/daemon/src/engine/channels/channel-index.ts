import { type CondockError, type LayoutVersion, toCondockError } from '@condock/protocol';
import { describeInside } from '../../conda/insides.ts';
import { formatOciChannel } from '../../layout/channel.ts';
import type { ChanneldataSource } from '../../layout/repodata/channeldata.ts';
import { recordFromIndex } from '../../layout/repodata/records.ts';
import type { FileRecord } from '../../layout/repodata/types.ts';
import type { OciChannel } from '../../layout/types.ts';
import type { ChannelIndex } from '../publish/channel-index.ts';
import type { LocalPackage } from '../publish/local-package.ts';
import { confirmChange, type PutChange, putChange, type UpdateOptions, type UpdateParts } from './document-update.ts';
import { placeOf } from './metadata-documents.ts';
import { channeldataEdit, recordsEdit, runExportsEdit } from './package-records.ts';

/**
 * Lists published packages in their channel's metadata. What only describes comes first, the repodata that clients solve with last;
 * then all changes are confirmed together, so that a publish waits once.
 */
export function createChannelIndex(parts: UpdateParts & { changed: (channel: string) => void }): ChannelIndex {
  return {
    add: async (channel, additions, options) => {
      const failures = new Map<LayoutVersion, CondockError>();
      for (const layout of new Set(additions.map((a) => a.layout))) {
        const locals = additions.filter((a) => a.layout === layout).map((a) => a.local);
        try {
          const put = await putAll(channel, layout, locals, parts, options);
          await Promise.all(put.map((change) => confirmChange(change, parts, options)));
        } catch (error) {
          if (options.signal.aborted) throw error;
          failures.set(layout, toCondockError(error));
        }
      }
      parts.changed(formatOciChannel(channel));
      return failures;
    },
  };
}

async function putAll(
  channel: OciChannel,
  layout: LayoutVersion,
  locals: readonly LocalPackage[],
  parts: UpdateParts,
  options: UpdateOptions,
): Promise<PutChange[]> {
  const put: PutChange[] = [];
  const described = locals.map(describe);
  const subdirs = new Set(locals.map((l) => l.subdir));
  if (layout === 'v1') {
    // Layout v0 knows repodata alone.
    put.push(
      await putChange(
        placeOf(channel, '', layout, 'channeldata'),
        channeldataEdit(described.map((d) => d.source)),
        parts,
        options,
      ),
    );
    for (const subdir of subdirs) {
      const entries = described
        .filter((d) => d.subdir === subdir)
        .map(({ record, runExports }) => ({ fileName: record.fileName, runExports }));
      put.push(
        await putChange(
          placeOf(channel, subdir, layout, 'run_exports'),
          runExportsEdit(subdir, entries),
          parts,
          options,
        ),
      );
    }
  }
  for (const subdir of subdirs) {
    const records = described.filter((d) => d.subdir === subdir).map((d) => d.record);
    put.push(
      await putChange(placeOf(channel, subdir, layout, 'repodata'), recordsEdit(subdir, records), parts, options),
    );
  }
  // Clients look for noarch in every channel, so an empty one has to be there.
  if (!subdirs.has('noarch'))
    put.push(
      await putChange(placeOf(channel, 'noarch', layout, 'repodata'), recordsEdit('noarch', []), parts, options),
    );
  return put;
}

interface Described {
  subdir: string;
  record: FileRecord;
  runExports: Record<string, unknown>;
  source: ChanneldataSource;
}

function describe(local: LocalPackage): Described {
  const inside = describeInside(local.infoFiles);
  const { fileName } = local.fileName;
  const record = recordFromIndex(local.index, {
    fileName,
    sha256: local.digest.slice('sha256:'.length),
    md5: local.md5,
    size: local.size,
  });
  const source: ChanneldataSource = { index: local.index, subdir: local.subdir };
  if (inside.about !== null) source.about = inside.about;
  if (inside.runExports !== null) source.runExports = inside.runExports;
  return { subdir: local.subdir, record, runExports: inside.runExports ?? {}, source };
}
