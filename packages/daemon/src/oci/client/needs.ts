import { type Need, repositoryScope } from '../auth/scopes.ts';
import type { Repository } from '../types.ts';

export const pullNeed = ({ host, name }: Repository): Need => ({
  host,
  repository: name,
  scopes: [repositoryScope(name, 'pull')],
  read: true,
});

/** With `from` for a mount: the other repository is read. */
export const pushNeed = ({ host, name }: Repository, from?: string): Need => ({
  host,
  repository: name,
  scopes: [repositoryScope(name, 'pull', 'push'), ...(from === undefined ? [] : [repositoryScope(from, 'pull')])],
  read: false,
});

/** Of an upload that was begun and is not wanted any more. */
export const cancelNeed = (repository: Repository): Need => ({ ...pushNeed(repository), also: ['delete'] });

export const deleteNeed = ({ host, name }: Repository): Need => ({
  host,
  repository: name,
  scopes: [repositoryScope(name, 'delete')],
  read: false,
});

export const catalogNeed = (host: string): Need => ({
  host,
  scopes: [{ type: 'registry', name: 'catalog', actions: ['*'] }],
  read: false,
});

export const where = ({ host, name }: Repository): string => `oci://${host}/${name}`;

/** `oci://host/name:tag` or `oci://host/name@digest`. */
export const whereTag = (repository: Repository, tagOrDigest: string): string =>
  `${where(repository)}${tagOrDigest.includes(':') ? '@' : ':'}${tagOrDigest}`;
