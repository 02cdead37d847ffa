/** What a token is good for (distribution's token scope grammar): `repository:NAME:ACTION,ACTION`. */
export interface Scope {
  type: string;
  name: string;
  actions: readonly string[];
}

/** What one request needs. */
export interface Need {
  host: string;
  /** For which a credential is looked up; undefined: the host as a whole. */
  repository?: string | undefined;
  scopes: readonly Scope[];
  /** Nothing is changed: may be tried anonymously, and "no token" may mean "not there". */
  read: boolean;
  /** Actions that the registry may ask for on top, if it does: docker-registry wants `delete` for an upload that is cancelled. */
  also?: readonly string[];
}

export const repositoryScope = (name: string, ...actions: string[]): Scope => ({ type: 'repository', name, actions });

export const formatScope = ({ type, name, actions }: Scope): string =>
  `${type}:${name}:${[...actions].sort().join(',')}`;

/** One name for a set of scopes, whatever their order. */
export const scopesKey = (scopes: readonly Scope[]): string => scopes.map(formatScope).sort().join(' ');

/** Reads a space-separated list of scopes; what is none is left out. */
export function parseScopes(text: string): Scope[] {
  return text
    .split(' ')
    .slice(0, 16)
    .flatMap((item) => {
      const match = /^([a-z]+(?:\([a-z]+\))?):(.+):([a-z_*]+(?:,[a-z_*]+)*)$/.exec(item);
      if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return [];
      return [{ type: match[1], name: match[2], actions: match[3].split(',') }];
    });
}

/** True where a token for `granted` does for `wanted`. */
export const covers = (granted: readonly Scope[], wanted: readonly Scope[]): boolean =>
  wanted.every(({ type, name, actions }) =>
    granted.some((g) => g.type === type && g.name === name && actions.every((a) => g.actions.includes(a))),
  );

const HARMLESS = ['pull', 'metadata_read'];
const WRITING = [...HARMLESS, 'push', 'metadata_write'];

/**
 * True where a registry may have its wish for other scopes than we would ask for: the same repositories, and no more power than
 * the request itself stands for. A registry must not get hold of a token for what the user did not ask of it.
 */
export function isAcceptableWish(wish: readonly Scope[], need: Need): boolean {
  return (
    wish.length > 0 &&
    wish.every((scope) => {
      const own = need.scopes.find((s) => s.type === scope.type && s.name === scope.name);
      if (own === undefined) return false;
      const power = [...own.actions, ...(need.also ?? []), ...(need.read ? HARMLESS : WRITING)];
      const mayDelete = own.actions.includes('delete');
      return scope.actions.every((a) => power.includes(a) || (mayDelete && a === '*'));
    })
  );
}
