import { describe, expect, it } from 'vitest';
import { covers, formatScope, isAcceptableWish, type Need, parseScopes, repositoryScope } from './scopes.ts';

const pull: Need = { host: 'h', repository: 'a/b', scopes: [repositoryScope('a/b', 'pull')], read: true };
const push: Need = { ...pull, scopes: [repositoryScope('a/b', 'pull', 'push')], read: false };

describe('scopes', () => {
  it('are read and written', () => {
    expect(parseScopes('repository:a/b:pull,push registry:catalog:* nonsense repository(plugin):x:pull')).toEqual([
      repositoryScope('a/b', 'pull', 'push'),
      { type: 'registry', name: 'catalog', actions: ['*'] },
      { type: 'repository(plugin)', name: 'x', actions: ['pull'] },
    ]);
    expect(formatScope(repositoryScope('a', 'push', 'pull'))).toBe('repository:a:pull,push');
  });

  it('cover what is less', () => {
    expect(covers(push.scopes, pull.scopes)).toBe(true);
    expect(covers(pull.scopes, push.scopes)).toBe(false);
    expect(covers(pull.scopes, [repositoryScope('a', 'pull')])).toBe(false);
  });
});

describe('isAcceptableWish', () => {
  it.each([
    ['the same', pull, 'repository:a/b:pull', true],
    ['what reading tags needs at ACR', pull, 'repository:a/b:metadata_read', true],
    ['less than was asked', push, 'repository:a/b:push', true],
    ['writing for a read', pull, 'repository:a/b:pull,push', false],
    ['deleting for a push', push, 'repository:a/b:push,delete', false],
    ['everything', pull, 'repository:a/b:*', false],
    ['another repository', pull, 'repository:other/secret:pull', false],
    ['another repository beside ours', pull, 'repository:a/b:pull repository:other:pull', false],
    ['the catalog', pull, 'registry:catalog:*', false],
    ['nothing', pull, '', false],
  ])('%s', (_, need, wish, expected) => {
    expect(isAcceptableWish(parseScopes(wish), need)).toBe(expected);
  });
});
