import type { EnvironmentPackage } from '@condock/protocol';
import { hostOf } from './publish/channel-target.ts';

/** A command that pulls a package with a tool that people have; undefined where there is no reference. */
export function pullCommand({ reference }: Pick<EnvironmentPackage, 'reference'>): string | undefined {
  return reference === null ? undefined : `oras pull ${shellWord(reference.replace(/^oci:\/\//, ''))}`;
}

/** A word that a POSIX shell takes as it stands: the input may say anything. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A page in a browser that shows a reference, for registries that have one. Loopback and others: the registry itself. */
export function registryPage(reference: string): string | undefined {
  const host = hostOf(reference);
  if (host === undefined) return undefined;
  const path = reference.replace(/^oci:\/\//, '').slice(host.length + 1);
  const repository = path.replace(/[:@][^/]*$/, '');
  const segments = repository.split('/');
  const [owner = '', ...rest] = segments;
  if (host === 'ghcr.io' && rest.length > 0) {
    return `https://github.com/orgs/${owner}/packages/container/package/${encodeURIComponent(rest.join('/'))}`;
  }
  if (host === 'quay.io') return `https://quay.io/repository/${repository}`;
  if (host === 'docker.io') return `https://hub.docker.com/r/${repository}`;
  const scheme = /^(?:127\.|localhost\b|\[::1\])/.test(host) ? 'http' : 'https';
  return `${scheme}://${host}/v2/${repository}/tags/list`;
}
