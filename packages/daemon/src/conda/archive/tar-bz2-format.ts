import type { InfoFiles } from '../info-files.ts';
import type { Bunzip2 } from './bunzip2.ts';
import { collectInfo } from './collect-info.ts';
import type { ArchiveLimits } from './limits.ts';
import { guardSize } from './size-guard.ts';

export interface TarBz2Options {
  limits: ArchiveLimits;
  signal: AbortSignal | undefined;
  /** Bytes of the archive. */
  size: number;
  bunzip2: Bunzip2;
}

/** The info directory of a `.tar.bz2`: one tar that holds everything (CEP 35). The payload passes by and is not kept. */
export function readTarBz2Info(path: string, options: TarBz2Options): Promise<InfoFiles> {
  const { limits, signal, size } = options;
  const tar = guardSize(options.bunzip2(path, { signal }), {
    where: path,
    bytes: limits.tarBytes,
    compressed: size,
    limits,
  });
  return collectInfo(tar, { where: path, limits, members: limits.tarMembers, root: 'info' });
}
