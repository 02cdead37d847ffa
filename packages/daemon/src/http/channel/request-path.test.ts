import { describe, expect, it } from 'vitest';
import { parsePath } from './request-path.ts';

const SECRET = 's'.repeat(43);
const ask = (path: string) => parsePath(`/${SECRET}/${path}`, SECRET);

describe('paths of the loopback channel', () => {
  it.each([
    ['acme/noarch/repodata.json', 'repodata', false],
    ['acme/linux-64/repodata.json.zst', 'repodata', true],
    ['acme/linux-64/current_repodata.json', 'current_repodata', false],
    ['acme/linux-64/run_exports.json.zst?x=1', 'run_exports', true],
  ])('name metadata: %s', (path, document, compressed) => {
    expect(ask(path)).toMatchObject({ kind: 'metadata', channel: 'acme', document, compressed });
  });

  it('name channeldata at the channel itself', () => {
    expect(ask('acme/channeldata.json')).toMatchObject({ kind: 'metadata', subdir: '', document: 'channeldata' });
  });

  it.each(['foo-1!2.0+x-h_0.conda', 'foo-1%212.0%2Bx-h_0.conda'])('name packages, escaped or not: %s', (file) => {
    expect(ask(`acme/linux-64/${file}`)).toMatchObject({
      kind: 'package',
      subdir: 'linux-64',
      file: { name: 'foo', version: '1!2.0+x', build: 'h_0', format: 'conda' },
    });
  });

  it.each([
    'acme/linux-64/repodata_shards.msgpack.zst',
    'acme/linux-64/shards/abc.msgpack.zst',
    'acme/linux-64/repodata.json.bz2',
    'acme/linux-64/',
    'acme/LINUX/repodata.json',
    'acme/linux-64/..%2f..%2fetc%2fpasswd-1-0.conda',
    'acme/../linux-64/foo-1-0.conda',
    'acme/linux-64/foo-1.0.conda',
    'acme/linux-64/%zz-1-0.conda',
    'acme',
    '',
  ])('are unknown where they are none of a channel: %j', (path) => {
    expect(ask(path)).toBeUndefined();
  });

  it.each(['', 'x', 't'.repeat(43), `${SECRET}s`, SECRET.slice(1)])(
    'say nothing to who does not know the secret: %j',
    (given) => {
      expect(parsePath(`/${given}/acme/noarch/repodata.json`, SECRET)).toBeUndefined();
    },
  );
});
