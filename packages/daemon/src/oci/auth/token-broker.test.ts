import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createInstantClock } from '../testing/instant-clock.ts';
import { formatScope, repositoryScope, type Scope } from './scopes.ts';
import { createTokenBroker } from './token-broker.ts';
import type { TokenAnswer } from './token-request.ts';

function brokerWith(answer: (scopes: readonly Scope[], count: number) => TokenAnswer | Promise<TokenAnswer>) {
  const clock = createInstantClock();
  const asked: string[][] = [];
  const broker = createTokenBroker({
    credential: undefined,
    clock,
    request: async (scopes) => {
      asked.push(scopes.map(formatScope));
      await Promise.resolve();
      return answer(scopes, asked.length);
    },
  });
  return { broker, clock, asked };
}

const token = (value: string, lifetimeMs = 60_000): TokenAnswer => ({
  kind: 'token',
  value,
  lifetimeMs,
  refreshToken: undefined,
});
const pull = (name: string): Scope => repositoryScope(name, 'pull');
const repositories = (count: number) => Array.from({ length: count }, (_, i) => pull(`channel/linux-64/package-${i}`));

describe('createTokenBroker', () => {
  it('asks once for all who want the same, and not again while the token holds', async () => {
    const { broker, asked } = brokerWith((_, count) => token(`t${count}`));
    const outcomes = await Promise.all([broker.get([pull('a')]), broker.get([pull('a')])]);
    expect(outcomes).toMatchObject([{ token: { value: 't1' } }, { token: { value: 't1' } }]);
    expect(await broker.get([pull('a')])).toMatchObject({ token: { value: 't1' }, fresh: false });
    expect(asked.length).toBe(1);
  });

  it('uses a token for more where less is wanted', async () => {
    const { broker, asked } = brokerWith(() => token('t'));
    await broker.get([repositoryScope('a', 'pull', 'push')]);
    await broker.get([pull('a')]);
    expect(asked.length).toBe(1);
  });

  it('gets tokens for 500 repositories in at most 20 requests, each short enough for a URL', async () => {
    const { broker, asked } = brokerWith((_, count) => token(`t${count}`));
    await broker.prepare(repositories(500));
    expect(asked.length).toBeLessThanOrEqual(20);
    expect(asked.flat().length).toBe(500);
    for (const scopes of asked) expect(scopes.join('&scope=').length).toBeLessThan(6000);
    await Promise.all(repositories(500).map((scope) => broker.get([scope])));
    expect(asked.length).toBeLessThanOrEqual(20);
  });

  it('finds the one repository among many for which a token is refused, and has tokens for the others', async () => {
    const { broker, asked } = brokerWith((scopes) =>
      scopes.some((s) => s.name.endsWith('-17')) ? { kind: 'refused', status: 403 } : token('t'),
    );
    const outcomes = await Promise.all(repositories(30).map((scope) => broker.get([scope])));
    expect(outcomes.filter((o) => 'refused' in o)).toEqual([{ refused: 403 }]);
    expect('refused' in outcomes[17]!).toBe(true);
    expect(asked.length).toBeLessThan(13);
  });

  it('does not take a refused credential apart', async () => {
    const { broker, asked } = brokerWith(() => ({ kind: 'refused', status: 401 }));
    await Promise.all(repositories(30).map((scope) => broker.get([scope])));
    expect(asked.length).toBe(1);
  });

  it('asks one by one where the registry takes no token for many', async () => {
    const { broker, asked } = brokerWith(() => token('t'));
    broker.oneByOne();
    await broker.prepare(repositories(5));
    expect(asked.map((scopes) => scopes.length)).toEqual([1, 1, 1, 1, 1]);
  });

  it('renews a token beside its use before it expires, and waits for a new one after that', async () => {
    const { broker, clock, asked } = brokerWith((_, count) => token(`t${count}`));
    await broker.get([pull('a')]);
    clock.pass(50_000);
    expect(await broker.get([pull('a')])).toMatchObject({ token: { value: 't1' } });
    await setImmediate();
    expect(await broker.get([pull('a')])).toMatchObject({ token: { value: 't2' }, fresh: false });
    clock.pass(100_000);
    expect(await broker.get([pull('a')])).toMatchObject({ token: { value: 't3' }, fresh: true });
    expect(asked.length).toBe(3);
  });

  it('gives a failure to all who waited for it, and forgets it', async () => {
    const { broker } = brokerWith((_, count) => (count === 1 ? Promise.reject(new Error('down')) : token('t')));
    const both = await Promise.allSettled([broker.get([pull('a')]), broker.get([pull('b')])]);
    expect(both.map((r) => r.status)).toEqual(['rejected', 'rejected']);
    expect(await broker.get([pull('a')])).toMatchObject({ token: { value: 't' } });
  });
});
