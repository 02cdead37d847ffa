import type { EnvironmentPackage } from '@condock/protocol';

/** One thing that a package asks for, and what of the environment answers it. */
export interface Dependency {
  /** As written: `libzlib >=1.3.1,<2.0a0`. */
  spec: string;
  name: string;
  /** Undefined: nothing in the environment has this name, or no environment is known. */
  resolved: EnvironmentPackage | undefined;
}

/** The name in a match spec, without channel, version and build (`conda-forge::numpy[version='>=1']` too). */
export function specName(spec: string): string {
  const bare = spec.trim().split('::').at(-1) ?? '';
  return (/^[^\s=<>!~,[(;]+/.exec(bare)?.[0] ?? bare).toLowerCase();
}

/** Virtual packages stand for the machine: nothing installs them. */
export const isVirtual = (name: string): boolean => name.startsWith('__');

export function resolveDependencies(
  specs: readonly string[],
  packages: readonly EnvironmentPackage[] | undefined,
): Dependency[] {
  const byName = new Map(packages?.filter(({ kind }) => kind === 'conda').map((entry) => [entry.name, entry]));
  return specs.map((spec) => {
    const name = specName(spec);
    return { spec, name, resolved: byName.get(name) };
  });
}

/** `depends` of info/index.json: strings, whatever else may stand there. */
export function dependsOf(index: Readonly<Record<string, unknown>>, member = 'depends'): string[] {
  const list = index[member];
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
}

export interface Dependent {
  entry: EnvironmentPackage;
  /** What it asks for, as written. */
  spec: string;
}

/** Those whose `depends` ask for a name. */
export function findDependents(
  name: string,
  indexes: readonly { entry: EnvironmentPackage; index: Readonly<Record<string, unknown>> }[],
): Dependent[] {
  const wanted = name.toLowerCase();
  return indexes.flatMap(({ entry, index }) => {
    const spec = dependsOf(index).find((candidate) => specName(candidate) === wanted);
    return spec === undefined ? [] : [{ entry, spec }];
  });
}
