import { describe, expect, it } from 'vitest';
import { channelOf, channelProblem, hostOf } from './channel-target.ts';
import { describePlan, outcomeOf, type PublishedFile } from './describe-plan.ts';

describe('a channel to publish to', () => {
  it.each(['oci://ghcr.io/me/channel', 'oci://127.0.0.1:5000/c', 'oci://[::1]:5000/c'])('may be %s', (text) =>
    expect(channelProblem(text)).toBeUndefined(),
  );
  it.each(['', 'ghcr.io/me', 'https://ghcr.io/me', 'oci://ghcr.io', 'oci:///x', 'oci://a b/c', 'oci://h/a//b'])(
    'may not be "%s"',
    (text) => expect(channelProblem(text)).toBeTypeOf('string'),
  );
  it('and its host are found in references', () => {
    expect(hostOf('oci://127.0.0.1:5000/c/noarch/a:1')).toBe('127.0.0.1:5000');
    expect(hostOf('ghcr.io')).toBe('ghcr.io');
    expect(hostOf(' ')).toBeUndefined();
    expect(channelOf('oci://ghcr.io/a/b/linux-64/zlib:1-0')).toBe('oci://ghcr.io/a/b');
  });
});

describe('what a dry run says', () => {
  const file: PublishedFile = {
    file: '/w/output/noarch/a-1.0-0.conda',
    reference: 'oci://h/c/noarch/a:1.0-0',
    manifestDigest: null,
    layout: 'v0',
    blobs: [
      { digest: 'sha256:1', size: 2_000_000, moved: 'uploaded' },
      { digest: 'sha256:2', size: 500, moved: 'uploaded' },
      { digest: 'sha256:3', size: 900, moved: 'present' },
    ],
  };
  it('names file, reference and what would move', () => {
    expect(describePlan([file])).toBe(
      'a-1.0-0.conda\n→ oci://h/c/noarch/a:1.0-0 (v0)\n2 blobs to upload, 2.0 MB; 1 there already, 900 B',
    );
  });
  it('says what is unusual about an archive', () => {
    expect(describePlan([{ ...file, blobs: [], warnings: ['It has no metadata.json.'] }])).toMatch(
      /\n⚠ It has no metadata\.json\.$/,
    );
  });
  it('says why a file can not be published, and parts it from the others', () => {
    const bad = { ...file, error: { code: 'already-exists', message: 'It is there.', hint: 'Force it.' } as const };
    expect(describePlan([bad])).toBe('a-1.0-0.conda\n✗ It is there.\nForce it.');
    expect(outcomeOf([file, bad])).toEqual({ published: [file], failed: [bad] });
  });
});
