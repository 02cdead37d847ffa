import { describe, expect, it } from 'vitest';
import { readExplicit } from './read-explicit.ts';

const MD5 = 'ab'.repeat(16);
const SHA = 'cd'.repeat(32);
const U = 'https://h.example/ch/noarch';

function read(...lines: string[]) {
  return readExplicit(['# platform: linux-64', '@EXPLICIT', ...lines].join('\n'), '/x/e.txt');
}

describe('readExplicit', () => {
  it('knows every spelling of a digest', () => {
    const { environments } = read(
      `${U}/a-1-0.conda#${MD5}`,
      `${U}/b-1-0.conda#${SHA.toUpperCase()}`,
      `${U}/c-1-0.conda#sha256:${SHA}`,
      `${U}/d-1-0.conda`,
    );
    expect(environments[0]).toMatchObject({ name: 'default', platform: 'linux-64' });
    expect(environments[0]?.packages.map((p) => [p.name, p.md5, p.sha256, p.error?.code])).toEqual([
      ['a', MD5, null, undefined],
      ['b', null, SHA, undefined],
      ['c', null, SHA, undefined],
      ['d', null, null, undefined],
    ]);
  });

  it('shows what it can not resolve, each with its reason', () => {
    const { environments } = read(
      `${U}/a-1-0.conda#0123`,
      './b-1-0.conda',
      '~/c-1-0.conda',
      '$HOME/d-1-0.conda',
      'file:///srv/e-1-0.conda',
      `${U}/not-a-package.zip`,
    );
    expect(environments[0]?.packages.map((p) => [p.name, p.error?.code])).toEqual([
      ['a', 'unknown-digest'],
      ['b', 'unsupported-source'],
      ['c', 'unsupported-source'],
      ['d', 'unsupported-source'],
      ['e', 'unsupported-source'],
      ['not-a-package.zip', 'illegal-name'],
    ]);
  });

  it('says of a local file that it is one, and of a URL what is wrong with it', () => {
    const { environments } = read('file:///srv/e-1-0.conda', 'https://h.example/f-1-0.conda');
    expect(environments[0]?.packages.map((p) => p.error?.message)).toEqual([
      'e-1-0.conda came from a local file, which no registry is known to hold.',
      "https://h.example/… does not stand in a channel's subdir.",
    ]);
  });

  it('leaves variables and the home directory as they stand', () => {
    const { environments } = read('$HOME/d-1-0.conda', '~/c-1-0.conda');
    expect(environments[0]?.packages.map((p) => p.url)).toEqual(['$HOME/d-1-0.conda', '~/c-1-0.conda']);
  });

  it('warns of lines that it does not understand, by number, and of an empty list', () => {
    expect(read('python 3.10').warnings).toEqual([
      '/x/e.txt, line 3, is neither a URL nor a path, so it is not listed.',
    ]);
    expect(read().warnings).toEqual(['/x/e.txt lists no packages.']);
  });

  it('reads files with the line ends of Windows', () => {
    expect(read(`${U}/a-1-0.conda#${MD5}\r`).environments[0]?.packages[0]).toMatchObject({ name: 'a', md5: MD5 });
  });
});
