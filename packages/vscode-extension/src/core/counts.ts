import { formatCount } from './format.ts';
import { t } from './l10n.ts';

/** `1 package`, `5,000 packages`. */
export const packageCount = (count: number): string =>
  count === 1 ? t('1 package') : t('{0} packages', formatCount(count));

/** `1 blob`, `212 blobs`. */
export const blobCount = (count: number): string => (count === 1 ? t('1 blob') : t('{0} blobs', formatCount(count)));

/** `1 file`, `2,000 files`. */
export const fileCount = (count: number): string => (count === 1 ? t('1 file') : t('{0} files', formatCount(count)));
