import { describe, expect, it } from 'vitest';
import { TestHome } from '../testing/test-credentials.ts';
import { parseNetrc } from './netrc.ts';
import { netrcSource } from './netrc-file.ts';

describe('netrc', () => {
  it('reads machines over lines, comments, quotes and accounts', () => {
    const text = [
      '# machine commented login no password no',
      'machine a.io login "user name" account x password "p\\"w\\\\"',
      'machine B.io',
      '  login u # here it is a word like others',
      '  password #starts-with-hash',
      'machine c.io login only',
    ].join('\n');
    expect(parseNetrc(text)).toEqual([
      { machine: 'a.io', login: 'user name', password: 'p"w\\' },
      { machine: 'b.io', login: 'u', password: '#starts-with-hash' },
      { machine: 'c.io', login: 'only', password: undefined },
    ]);
  });

  it('reads over macros to the empty line, whatever they hold', () => {
    const text = 'macdef init\nmachine evil.io login a password b\nquote x\n\nmachine a.io login u password p\n';
    expect(parseNetrc(text)).toEqual([{ machine: 'a.io', login: 'u', password: 'p' }]);
    expect(parseNetrc('macdef open\nmachine evil.io password b')).toEqual([]);
    expect(parseNetrc('macdef x\r\ny\r\n\r\nmachine a.io password p')).toHaveLength(1);
  });

  it('gives no registry the default entry, which would send one secret to any host', () => {
    expect(parseNetrc('machine a.io login u password p default login d password TOP')).toEqual([
      { machine: 'a.io', login: 'u', password: 'p' },
    ]);
  });

  it.each(['', 'machine', 'machine a.io login', 'password p', '"', 'machine "', 'macdef', '\\', '#'])(
    'does not fail over %j',
    (text) => {
      expect(parseNetrc(text).every((machine) => machine.password === undefined)).toBe(true);
    },
  );

  it('finds a machine for any of its ports, an entry with that port first', async () => {
    using home = new TestHome();
    const path = home.write('.netrc', 'machine h.io login u password p\nmachine h.io:5000 login v password q\n', 0o644);
    const source = netrcSource(home.parts, { path });
    expect(await source.find({ host: 'H.io' })).toMatchObject({
      username: 'u',
      secret: 'p',
      source: `netrc (${path})`,
    });
    expect(await source.find({ host: 'h.io:5000' })).toMatchObject({ username: 'v' });
    expect(await source.find({ host: 'h.io:6000' })).toMatchObject({ username: 'u' });
    expect(await source.find({ host: 'xh.io' })).toBeUndefined();
    expect(home.problems.all().join()).toContain('chmod 600');
    expect(await source.list()).toHaveLength(2);
  });
});
