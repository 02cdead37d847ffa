import { describe, expect, it } from 'vitest';
import { createInstantClock } from '../testing/instant-clock.ts';
import { createCredentialFinder, fingerprint } from './credential-finder.ts';
import type { Credential, CredentialQuery } from './credential-source.ts';

function finderWith(more: Partial<Credential> = {}) {
  const clock = createInstantClock();
  const asked: CredentialQuery[] = [];
  const told: string[] = [];
  const finder = createCredentialFinder(
    {
      find: (query) => {
        asked.push(query);
        const { host, repository = '', identity = '' } = query;
        return Promise.resolve({ kind: 'basic', secret: `${host} ${repository} ${identity}`, source: 's', ...more });
      },
      refused: (host) => told.push(host),
    },
    clock,
  );
  const find = async (query: CredentialQuery) => (await finder.find(query))?.secret;
  return { clock, asked, told, finder, find };
}

describe('the finder of credentials', () => {
  it('asks once for all who want the same, and not again for some seconds', async () => {
    const { clock, asked, find } = finderWith();
    await Promise.all(Array.from({ length: 64 }, () => find({ host: 'h' })));
    await find({ host: 'h' });
    expect(asked.length).toBe(1);
    clock.pass(10_001);
    await find({ host: 'h' });
    expect(asked.length).toBe(2);
  });

  it('never takes what one host, repository or identity has for that of another', async () => {
    const { find } = finderWith();
    const queries = ['h', 'h:5000'].flatMap((host) =>
      [undefined, 'a', 'a/b'].flatMap((repository) =>
        [undefined, 'me', 'you'].map((identity) => ({
          host,
          ...(repository === undefined ? {} : { repository }),
          ...(identity === undefined ? {} : { identity }),
        })),
      ),
    );
    for (let round = 0; round < 2; round += 1) {
      const found = await Promise.all(queries.map(find));
      expect(new Set(found).size).toBe(queries.length);
      expect(found).toEqual(queries.map((q) => `${q.host} ${q.repository ?? ''} ${q.identity ?? ''}`));
    }
  });

  it('asks again as soon as a secret has come to its end', async () => {
    const { clock, asked, find } = finderWith({ expiresAt: createInstantClock().now() + 1000 });
    await find({ host: 'h' });
    clock.pass(999);
    await find({ host: 'h' });
    expect(asked.length).toBe(1);
    clock.pass(1);
    await find({ host: 'h' });
    expect(asked.length).toBe(2);
  });

  it('forgets one host, all, or identities that are gone, and tells the source what was refused', async () => {
    const { asked, told, finder, find } = finderWith();
    const all = async (): Promise<number> => {
      const before = asked.length;
      for (const host of ['a', 'b']) {
        await find({ host });
        await find({ host, identity: 'me' });
      }
      return asked.length - before;
    };
    expect(await all()).toBe(4);
    finder.forget('a');
    expect(await all()).toBe(2);
    finder.forgetIdentities((identity) => identity === 'me');
    expect(await all()).toBe(2);
    finder.refused('b');
    expect(told).toEqual(['b']);
    expect(await all()).toBe(2);
    finder.forget();
    expect(await all()).toBe(4);
  });
});

describe('a fingerprint', () => {
  it('tells secrets, users and kinds apart, whatever they are called, and holds none of them', () => {
    const base: Credential = { kind: 'basic', username: 'u', secret: 'TOP-SECRET', source: 'one' };
    const others: Credential[] = [
      { ...base, secret: 'TOP-SECRET2' },
      { ...base, username: 'v' },
      { ...base, kind: 'bearer' },
    ];
    expect(fingerprint({ ...base, source: 'two' })).toBe(fingerprint(base));
    expect(new Set([undefined, base, ...others].map(fingerprint)).size).toBe(5);
    expect(fingerprint(base)).not.toContain('SECRET');
  });
});
