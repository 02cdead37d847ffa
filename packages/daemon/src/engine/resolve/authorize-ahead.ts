import type { RegistryClient, RequestOptions } from '../../oci/registry-client.ts';
import type { Repository } from '../../oci/types.ts';
import type { PlannedPackage } from './planned-package.ts';

/**
 * Gets the tokens for many packages in as few requests as their registries allow, ahead of the questions themselves. A refusal is
 * not told here: it comes again, with its reason, for the package that it concerns.
 */
export async function authorizeAhead(
  packages: readonly PlannedPackage[],
  registry: RegistryClient,
  options: RequestOptions,
): Promise<void> {
  const repositories = new Map<string, Repository>();
  for (const { origins, problem } of packages) {
    const first = problem === undefined ? origins[0]?.repository : undefined;
    if (first !== undefined) repositories.set(`${first.host}/${first.name}`, first);
  }
  if (repositories.size < 2 || registry.authorize === undefined) return;
  try {
    await registry.authorize([...repositories.values()], 'pull', options);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
  }
}
