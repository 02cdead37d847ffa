import type { ResultOf } from '@condock/protocol';
import { blobCount } from '../counts.ts';
import { formatBytes } from '../format.ts';
import { t } from '../l10n.ts';

export type PublishedFile = ResultOf<'publish/run'>[number];

/** What a dry run said, as lines that fit a dialog: per file its reference and what would move. */
export function describePlan(files: readonly PublishedFile[]): string {
  return files.map(describeFile).join('\n\n');
}

function describeFile({ file, reference, layout, blobs, warnings = [], error }: PublishedFile): string {
  const name = file.split(/[\\/]/).at(-1) ?? file;
  if (error !== undefined) return [name, `✗ ${error.message}`, error.hint ?? ''].filter(Boolean).join('\n');
  const unusual = warnings.map((warning) => `⚠ ${warning}`);
  return [name, `→ ${reference ?? t('no reference')} (${layout})`, describeBlobs(blobs), ...unusual].join('\n');
}

function describeBlobs(blobs: PublishedFile['blobs']): string {
  const part = (moved: PublishedFile['blobs'][number]['moved'], words: (n: number, bytes: string) => string) => {
    const some = blobs.filter((blob) => blob.moved === moved);
    const bytes = some.reduce((sum, { size }) => sum + size, 0);
    return some.length === 0 ? [] : [words(some.length, formatBytes(bytes))];
  };
  return [
    ...part('uploaded', (n, bytes) => t('{0} to upload, {1}', blobCount(n), bytes)),
    ...part('mounted', (n, bytes) => t('{0} mounted from elsewhere in the registry, {1}', n, bytes)),
    ...part('present', (n, bytes) => t('{0} there already, {1}', n, bytes)),
  ].join('; ');
}

export interface PublishOutcome {
  published: PublishedFile[];
  failed: PublishedFile[];
}

export function outcomeOf(files: readonly PublishedFile[]): PublishOutcome {
  return {
    published: files.filter(({ error }) => error === undefined),
    failed: files.filter(({ error }) => error !== undefined),
  };
}
