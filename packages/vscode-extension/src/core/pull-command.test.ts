import { describe, expect, it } from 'vitest';
import { pullCommand, registryPage } from './pull-command.ts';

describe('pulling and looking at a reference elsewhere', () => {
  it('is one command, safe to paste whatever the reference says', () => {
    expect(pullCommand({ reference: 'oci://ghcr.io/c/linux-64/zlib:1.3-h1' })).toBe(
      'oras pull ghcr.io/c/linux-64/zlib:1.3-h1',
    );
    expect(pullCommand({ reference: "oci://h/a:1'; rm -rf ~" })).toBe("oras pull 'h/a:1'\\''; rm -rf ~'");
    expect(pullCommand({ reference: null })).toBeUndefined();
  });

  it.each([
    [
      'oci://ghcr.io/channel-mirrors/conda-forge/linux-64/zlib:1',
      'https://github.com/orgs/channel-mirrors/packages/container/package/conda-forge%2Flinux-64%2Fzlib',
    ],
    ['oci://quay.io/o/c/noarch/a:1', 'https://quay.io/repository/o/c/noarch/a'],
    ['oci://127.0.0.1:5000/c/noarch/a@sha256:00', 'http://127.0.0.1:5000/v2/c/noarch/a/tags/list'],
    ['oci://registry.example/c/noarch/a:1', 'https://registry.example/v2/c/noarch/a/tags/list'],
  ])('%s is shown by %s', (reference, page) => expect(registryPage(reference)).toBe(page));
});
