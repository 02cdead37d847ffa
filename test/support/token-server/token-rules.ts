/** One entry of a token's `access` claim (docker's "Token Scope Documentation"). */
export interface Access {
  type: string;
  name: string;
  actions: string[];
}

/** `repository:conda-forge/noarch/pip:pull,push`; undefined for what is none. A name may hold colons (a port). */
export function parseScope(text: string): Access | undefined {
  const match = /^([a-z0-9]+(?:\([a-z0-9]+\))?):(.+):([a-z*,]*)$/.exec(text);
  if (match === null) return undefined;
  const [, type = '', name = '', actions = ''] = match;
  return { type, name, actions: actions.split(',').filter((action) => action !== '') };
}

/** What of a scope somebody may have: the actions that are granted. `username` is undefined for anonymous askers. */
export type GrantRule = (access: Access, username: string | undefined) => readonly string[];

/** Users may do everything; others may pull, where that is allowed. */
export function usersMayAll(options: { anonymousPull: boolean }): GrantRule {
  return ({ actions }, username) =>
    username !== undefined ? actions : actions.filter((action) => options.anonymousPull && action === 'pull');
}
