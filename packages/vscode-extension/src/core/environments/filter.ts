import type { EnvironmentPackage, PackageState } from '@condock/protocol';

/** What of an environment is shown. An empty name and no states: everything. */
export interface PackageFilter {
  /** Part of the name, in any case; several words must all be there. */
  name: string;
  states: ReadonlySet<PackageState>;
}

export const NO_FILTER: PackageFilter = { name: '', states: new Set() };

export const isFiltering = ({ name, states }: PackageFilter): boolean => name.trim() !== '' || states.size > 0;

export function filterPackages(
  packages: readonly EnvironmentPackage[],
  { name, states }: PackageFilter,
): readonly EnvironmentPackage[] {
  const words = name.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && states.size === 0) return packages;
  return packages.filter((entry) => {
    if (states.size > 0 && !states.has(entry.state)) return false;
    if (words.length === 0) return true;
    const lower = entry.name.toLowerCase();
    return words.every((word) => lower.includes(word));
  });
}
