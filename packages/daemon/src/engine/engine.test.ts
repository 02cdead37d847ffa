import { describe, expect, it } from 'vitest';
import { scopedIdentity } from '../credentials/index.ts';
import { createEngine, type EngineParts } from './engine.ts';

describe('the engine', () => {
  it('lets go of all that a client lent it when the connection ends, and of nothing else', () => {
    const closed: string[] = [];
    let gone: (identity: string) => boolean = () => false;
    const parts = {
      registry: { forgetIdentities: (matching: typeof gone) => (gone = matching) },
      sessions: { credentials: { connectionClosed: (connection: string) => closed.push(connection) } },
      channels: {},
    } as unknown as EngineParts;
    createEngine(parts).connectionClosed('one');
    expect(closed).toEqual(['one']);
    expect(gone(scopedIdentity('one', 'me'))).toBe(true);
    for (const other of [scopedIdentity('two', 'me'), scopedIdentity('one"', 'me'), 'one']) {
      expect(gone(other)).toBe(false);
    }
  });
});
