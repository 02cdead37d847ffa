import { describe, expect, it } from 'vitest';
import { parseChannels, parseChannelUrl, splitPackageUrl } from './channel-url.ts';

describe('parseChannelUrl', () => {
  it.each([
    ['conda-forge', 'https://conda.anaconda.org/conda-forge'],
    ['https://conda.anaconda.org/conda-forge/', 'https://conda.anaconda.org/conda-forge'],
    ['https://conda.anaconda.org/conda-forge/win-64', 'https://conda.anaconda.org/conda-forge'],
    ['https://conda.anaconda.org/conda-forge/noarch/', 'https://conda.anaconda.org/conda-forge'],
    ['conda-forge/linux-64', 'https://conda.anaconda.org/conda-forge'],
    ['pkgs/main', 'https://repo.anaconda.com/pkgs/main'],
    ['https://user:pw@Host.Example:443//a//b/?x=1#y', 'https://host.example/a/b'],
    ['https://conda.anaconda.org/t/tk-123-abc/private', 'https://conda.anaconda.org/private'],
    ['https://host/t/secret/a/label/main', 'https://host/a'],
    ['http://127.0.0.1:8080/ch', 'http://127.0.0.1:8080/ch'],
    ['http://[::1]:80/ch', 'http://[::1]/ch'],
    ['OCI://ghcr.io/channel-mirrors/conda-forge', 'oci://ghcr.io/channel-mirrors/conda-forge'],
    ['oci://localhost:5000/ch', 'oci://localhost:5000/ch'],
    ['file:///opt/t/ch/', 'file:///opt/t/ch'],
    ['file://localhost/opt/ch', 'file:///opt/ch'],
    ['/opt/my channel', 'file:///opt/my%20channel'],
    ['C:\\ch\\a', 'file:///C:/ch/a'],
  ])('reads %j as %j', (text, url) => {
    expect(parseChannelUrl(text)).toEqual({ url });
  });

  it('keeps labels, with slashes too', () => {
    expect(parseChannelUrl('conda-forge/label/rust_dev')).toEqual({
      url: 'https://conda.anaconda.org/conda-forge/label/rust_dev',
      label: 'rust_dev',
    });
    expect(parseChannelUrl('https://h/a/label/x/y/linux-64/').label).toBe('x/y');
    expect(parseChannelUrl('label')).toEqual({ url: 'https://conda.anaconda.org/label' });
  });

  it('takes the alias and the directory that it is given', () => {
    expect(parseChannelUrl('x', { alias: 'https://prefix.dev/' }).url).toBe('https://prefix.dev/x');
    expect(parseChannelUrl('../ch', { directory: '/home/me/project' }).url).toBe('file:///home/me/ch');
    expect(parseChannelUrl('./a b', { directory: '/p' }).url).toBe('file:///p/a%20b');
  });

  it.each([
    ['<unknown>', 'unmapped-channel'],
    ['', 'unmapped-channel'],
    ['defaults', 'unmapped-channel'],
    ['pypi', 'unsupported-source'],
    ['git+https://h/x', 'unsupported-source'],
    ['../ch', 'unsupported-source'],
    ['foo bar', 'illegal-name'],
    ['a/../b', 'illegal-name'],
    ['https://h/a/../b', 'illegal-name'],
    ['https://h/a/%2e%2E/b', 'illegal-name'],
    ['https://h/a\\b', 'illegal-name'],
    ['https://h/a\nb', 'illegal-name'],
    ['https:///a', 'illegal-name'],
    ['https://h:port/a', 'illegal-name'],
    ['/opt/../etc', 'illegal-name'],
  ])('refuses %j as %s', (text, code) => {
    expect(() => parseChannelUrl(text)).toThrow(expect.objectContaining({ code }));
  });

  it('never shows a secret in a refusal', () => {
    try {
      parseChannelUrl('https://me:hunter2@h/t/tk-secret/a/../b');
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error)).not.toMatch(/hunter2|tk-secret/);
    }
  });

  it('says which channels defaults stands for', () => {
    expect(parseChannels('defaults').map(({ url }) => url)[0]).toBe('https://repo.anaconda.com/pkgs/main');
    expect(parseChannels('bioconda')).toEqual([{ url: 'https://conda.anaconda.org/bioconda' }]);
  });
});

describe('splitPackageUrl', () => {
  it('takes channel, subdir and file name apart, and drops secrets and fragments', () => {
    expect(
      splitPackageUrl('https://u:p@conda.anaconda.org/t/tk/ch/label/dev/linux-64/a-1%211-0.conda?s=1#0123'),
    ).toEqual({
      channel: { url: 'https://conda.anaconda.org/ch/label/dev', label: 'dev' },
      subdir: 'linux-64',
      fileName: 'a-1%211-0.conda',
    });
    expect(splitPackageUrl('oci://localhost:5000/ch/noarch/a-1-0.tar.bz2').channel.url).toBe('oci://localhost:5000/ch');
    expect(splitPackageUrl('/srv/ch/noarch/a-1!1+2-0.conda')).toEqual({
      channel: { url: 'file:///srv/ch' },
      subdir: 'noarch',
      fileName: 'a-1!1+2-0.conda',
    });
    expect(splitPackageUrl('https://h/conda-forge/noarch/noarch/a-1-0.conda').channel.url).toBe(
      'https://h/conda-forge/noarch',
    );
  });

  it.each([
    ['https://h/a-1-0.conda', 'unsupported-source'],
    ['https://h/builds/a-1-0.conda', 'unsupported-source'],
    ['a-1-0.conda', 'unsupported-source'],
    ['git+https://h/x', 'unsupported-source'],
    ['https://h/ch/linux-64/../a-1-0.conda', 'illegal-name'],
  ])('refuses %j as %s', (url, code) => {
    expect(() => splitPackageUrl(url)).toThrow(expect.objectContaining({ code }));
  });
});
