/** What a channel says about itself, one artifact each. */
export type MetadataKind =
  'repodata' | 'current_repodata' | 'repodata_from_packages' | 'run_exports' | 'patch_instructions' | 'channeldata';

export const METADATA_KINDS: readonly MetadataKind[] = [
  'repodata',
  'current_repodata',
  'repodata_from_packages',
  'run_exports',
  'patch_instructions',
  'channeldata',
];

/** File names of channel metadata; in v0 these are repositories among those of packages. */
export const METADATA_FILES: ReadonlySet<string> = new Set(METADATA_KINDS.map((kind) => `${kind}.json`));
