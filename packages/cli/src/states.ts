import type { EnvironmentPackage, PackageState } from '@condock/protocol';
import type pc from 'picocolors';
import { formatBytes } from './terminal/amounts.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** Good news is green, what a person must act on is red, what cannot be helped is dim. */
export function paintState(shown: string, state: string, colors: Colors): string {
  switch (state as PackageState) {
    case 'cached':
      return colors.green(shown);
    case 'available':
      return colors.cyan(shown);
    case 'digest-mismatch':
    case 'login-required':
    case 'unreachable':
      return colors.red(shown);
    case 'absent':
    case 'other-format':
    case 'unknown-digest':
    case 'illegal-name':
    case 'unmapped-channel':
      return colors.yellow(shown);
    case 'unsupported-source':
    case 'unchecked':
      return colors.dim(shown);
  }
}

/** `212 packages: 195 cached, 15 available (41 MB to go), 2 unsupported-source` */
export function summarizeStates(packages: readonly EnvironmentPackage[]): string {
  const counts = new Map<PackageState, number>();
  for (const { state } of packages) counts.set(state, (counts.get(state) ?? 0) + 1);
  const toGo = packages.reduce((sum, p) => sum + (p.state === 'available' ? (p.size ?? 0) : 0), 0);
  const parts = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(
      ([state, count]) =>
        `${count} ${state}${state === 'available' && toGo > 0 ? ` (${formatBytes(toGo)} to go)` : ''}`,
    );
  return `${packages.length} ${packages.length === 1 ? 'package' : 'packages'}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
