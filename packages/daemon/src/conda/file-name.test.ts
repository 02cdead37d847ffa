import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFileName, parseFileName } from './file-name.ts';
import { checkIdentity } from './identifiers.ts';

const VECTORS = new URL('../../../../../shared/fixtures/naming-vectors.json', import.meta.url);

interface Vector {
  file: string;
  name: string;
  version: string;
  build: string;
  cep26: string;
}

describe('parseFileName', () => {
  it('splits twice from the right, and undoes percent-encoding', () => {
    expect(parseFileName('ca-certificates-2024.7.4-hbcca054_0.conda')).toEqual({
      name: 'ca-certificates',
      version: '2024.7.4',
      build: 'hbcca054_0',
      format: 'conda',
      fileName: 'ca-certificates-2024.7.4-hbcca054_0.conda',
    });
    expect(parseFileName('x264-1%21164.3095%2B1-0.tar.bz2')).toMatchObject({
      version: '1!164.3095+1',
      format: 'tar.bz2',
      fileName: 'x264-1!164.3095+1-0.tar.bz2',
    });
    expect(parseFileName('foo--1.0-0.conda')).toMatchObject({ name: 'foo-', version: '1.0' });
  });

  it.each([
    ['foo.conda', /fewer than two/],
    ['foo-1.0.conda', /fewer than two/],
    ['-0.conda', /fewer than two/],
    ['', /neither/],
    ['.conda', /fewer than two/],
    ['foo-1.0-0.zip', /neither/],
    ['foo-1.0-0.conda#0123', /neither/],
    ['foo-1.0-0', /neither/],
    ['-1.0-0.conda', /name is empty/],
    ['foo--0.conda', /version is empty/],
    ['foo-1.0-.conda', /build is empty/],
    ['../x-1.0-0.conda', /path separator "\/"/],
    ['a/b-1.0-0.conda', /path separator "\/"/],
    ['a\\b-1.0-0.conda', /path separator/],
    ['a%2fb-1.0-0.conda', /path separator "\/"/],
    ['a%5Cb-1.0-0.conda', /path separator/],
    ['a%252fb-1.0-0.conda', /even after/],
    ['a%zz-1.0-0.conda', /begins no percent-encoded/],
    ['a%ff-1.0-0.conda', /begins no percent-encoded/],
    ['a%00-1.0-0.conda', /NUL/],
    ['foo-1.0-a\0.tar.bz2', /NUL/],
    ['foo-1.0-a\n.tar.bz2', /control character/],
    ['foo-1.0-0.CONDA', /lower case/],
    ['foo-1.0-0.Tar.BZ2', /lower case/],
  ])('refuses %j and says why', (fileName, message) => {
    expect(() => parseFileName(fileName)).toThrow(
      expect.objectContaining({ code: 'illegal-name', message: expect.stringMatching(message) as unknown }),
    );
  });

  it('is the inverse of formatFileName', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_.+!=~]{1,20}$/);
    const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,30}$/);
    const format = fc.constantFrom('conda' as const, 'tar.bz2' as const);
    fc.assert(
      fc.property(name, part, part, format, (name, version, build, format) => {
        const fileName = formatFileName({ name, version, build }, format);
        expect(parseFileName(fileName)).toEqual({ name, version, build, format, fileName });
      }),
    );
  });

  it('formats nothing that would be read as something else', () => {
    for (const identity of [
      { name: 'a', version: '1-2', build: '0' },
      { name: 'a', version: '1', build: 'x-y' },
      { name: 'a%2d', version: '1', build: '0' },
      { name: 'a/b', version: '1', build: '0' },
      { name: '', version: '1', build: '0' },
    ]) {
      expect(() => formatFileName(identity, 'conda')).toThrow(expect.objectContaining({ code: 'illegal-name' }));
    }
  });

  it.skipIf(!existsSync(VECTORS))('agrees with the naming vectors (../shared/fixtures), CEP 26 included', () => {
    for (const vector of JSON.parse(readFileSync(VECTORS, 'utf8')) as Vector[]) {
      if (vector.file.includes('\0')) {
        expect(() => parseFileName(vector.file)).toThrow(/NUL/);
        continue;
      }
      const { name, version, build } = parseFileName(vector.file);
      expect({ name, version, build }).toEqual({ name: vector.name, version: vector.version, build: vector.build });
      const broken = checkIdentity({ name, version, build }, { strict: true })[0]?.part ?? 'ok';
      expect([vector.file, broken]).toEqual([vector.file, vector.cep26]);
    }
  });
});
