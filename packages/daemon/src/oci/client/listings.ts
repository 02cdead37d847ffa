import { toCondockError, CondockError } from '@condock/protocol';
import { isRepositoryName, isTag } from '../reference.ts';
import type { RegistryClient } from '../registry-client.ts';
import type { Call, Exchange } from './exchange.ts';
import { catalogNeed, pullNeed, where } from './needs.ts';
import { pages } from './paging.ts';

/** Names of one page, what is none left out. */
function names(document: unknown, member: 'tags' | 'repositories', isName: (text: string) => boolean): string[] {
  const list = typeof document === 'object' && document !== null ? (document as Record<string, unknown>)[member] : null;
  if (!Array.isArray(list)) return [];
  return list.filter((name): name is string => typeof name === 'string' && isName(name));
}

/** Tags of a repository and repositories of a registry, page by page (distribution-spec v1.1, "Listing Tags"). */
export function createListings(exchange: Exchange): Pick<RegistryClient, 'listTags' | 'listRepositories'> {
  return {
    async *listTags(repository, options = {}) {
      const call: Call = {
        host: repository.host,
        doing: `list the tags of ${where(repository)}`,
        method: 'GET',
        target: `/v2/${repository.name}/tags/list?n=1000`,
        headers: { accept: 'application/json' },
        need: pullNeed(repository),
        options,
      };
      for await (const { document } of pages(exchange, call)) {
        const tags = names(document, 'tags', isTag);
        if (tags.length > 0) yield tags;
      }
    },

    async *listRepositories(host, options = {}) {
      const call: Call = {
        host,
        doing: `list the repositories of ${host}`,
        method: 'GET',
        target: '/v2/_catalog?n=1000',
        headers: { accept: 'application/json' },
        need: catalogNeed(host),
        options,
      };
      const listing = pages(exchange, call);
      for (;;) {
        const { done, value } = await listing.next().catch((error: unknown) => {
          throw deniedInstead(toCondockError(error));
        });
        if (done === true) {
          if (value === 404) throw noCatalog(host);
          return;
        }
        const repositories = names(value.document, 'repositories', isRepositoryName);
        if (repositories.length > 0) yield repositories;
      }
    },
  };
}

/** Few users may list a whole registry: that is no reason to ask them to sign in. */
function deniedInstead(error: CondockError): CondockError {
  if (error.code !== 'login-required') return error;
  const { message, hint, data, cause } = error;
  return new CondockError('denied', message, { hint, data, cause });
}

function noCatalog(host: string): CondockError {
  return new CondockError('unsupported-by-registry', `${host} does not list its repositories.`, {
    hint: 'Name the channel that you mean.',
    data: { host, status: 404 },
  });
}
