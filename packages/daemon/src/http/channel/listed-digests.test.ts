import { describe, expect, it } from 'vitest';
import { scanDigests } from './listed-digests.ts';

const hex = (digit: string): string => digit.repeat(64);

describe('digests that repodata lists', () => {
  it('are found whatever the order and spacing of the members', async () => {
    const document = {
      info: { subdir: 'noarch' },
      packages: { 'a-1-0.tar.bz2': { sha256: hex('a'), name: 'a', depends: ['x.conda'] } },
      'packages.conda': {
        'b-1!2+x-0.conda': { name: 'b', extra: { nested: [1] }, sha256: hex('b') },
        'c-1-0.conda': { name: 'c', md5: 'nothing else' },
        'd-1-0.conda': { sha256: hex('d') },
      },
    };
    for (const space of [undefined, 1, 4]) {
      const found = await scanDigests(JSON.stringify(document, null, space));
      expect(Object.fromEntries(found)).toEqual({
        'a-1-0.tar.bz2': `sha256:${hex('a')}`,
        'b-1!2+x-0.conda': `sha256:${hex('b')}`,
        'd-1-0.conda': `sha256:${hex('d')}`,
      });
    }
  });

  it('are none in what is no repodata', async () => {
    expect((await scanDigests('<html>"sha256": "')).size).toBe(0);
  });
});
