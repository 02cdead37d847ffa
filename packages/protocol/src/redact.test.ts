import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';

const basic = Buffer.from('user:S3CRET').toString('base64');
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtZSJ9.S3CRETsignature_-';

describe('redact', () => {
  it.each([
    ['a user name and password in a URL', 'https://user:S3CRET@h.io/conda', 'https://***@h.io/conda'],
    ['a password with an @ in it', 'oci://user:S3@CRET@h.io/c', 'oci://***@h.io/c'],
    ['a token alone before the host', 'https://S3CRET@h.io', 'https://***@h.io'],
    ["conda's token in a path", 'https://h.io/t/S3CRET/main/noarch', 'https://h.io/t/***/main/noarch'],
    ['an Authorization header', `Authorization: Basic ${basic}`, 'Authorization: ***'],
    ['one in JSON', `{"authorization":"Bearer S3CRET-S3CRET"}`, '{"authorization":"***"}'],
    ['one of a proxy', `proxy-authorization: Basic ${basic}\nhost: h`, 'proxy-authorization: ***\nhost: h'],
    ['its value alone', `sent Basic ${basic}.`, 'sent Basic ***'],
    ['a signed URL of S3', 'https://s3/x?X-Amz-Signature=S3CRET&n=1', 'https://s3/x?X-Amz-Signature=***&n=1'],
    ['its session token', '?X-Amz-Security-Token=S3CRET', '?X-Amz-Security-Token=***'],
    ['its credential', '?X-Amz-Credential=S3CRET%2F2026', '?X-Amz-Credential=***'],
    ['a signed URL of Google', '?X-Goog-Signature=S3CRET', '?X-Goog-Signature=***'],
    [
      'a signed URL of CloudFront',
      '?Expires=1&Signature=S3CRET~__&Key-Pair-Id=K',
      '?Expires=1&Signature=***&Key-Pair-Id=K',
    ],
    ['a signed URL of Azure', '?se=2026&sig=S3CRET%3D', '?se=2026&sig=***'],
    [
      'a form',
      'grant_type=refresh_token&refresh_token=S3CRET&client_secret=S3CRET',
      'grant_type=refresh_token&refresh_token=***&client_secret=***',
    ],
    ["docker's file", `{"auth": "${basic}", "identitytoken":"S3CRET"}`, '{"auth": "***", "identitytoken":"***"}'],
    [
      "rattler's file",
      '{"BearerToken": "S3CRET", "password": "a S3CRET, with \\" all"}',
      '{"BearerToken": "***", "password": "***"}',
    ],
    [
      'S3 keys',
      '{"access_key_id":"AK","secret_access_key":"S3CRET"}',
      '{"access_key_id":"AK","secret_access_key":"***"}',
    ],
    ['JSON within JSON', '"{\\"token\\":\\"S3CRET of mine\\",\\"n\\":1}"', '"{\\"token\\":\\"***\\",\\"n\\":1}"'],
    ['single quotes', "password = 'S3 CRET' x", "password = '***' x"],
    ['a JSON Web Token', `the token ${JWT} ended`, 'the token *** ended'],
    ['a token of GitHub', 'gpg: ghp_S3CRETS3CRETS3CRETS3 failed', 'gpg: *** failed'],
  ])('removes %s', (_what, text, expected) => {
    const shown = redact(text);
    expect(shown).toBe(expected);
    expect(shown).not.toMatch(/S3CRET/);
    expect(shown).not.toContain(basic);
  });

  it.each([
    'oci://h.io:5000/team/noarch/pkg:1.0-0@sha256:0123456789abcdef answered 401',
    'h.io refused the password of user (HTTP 401). Nothing was kept.',
    'registry: token host="h.io" realm="auth.io" scopes=30 source="docker config (/home/u/.docker/config.json)"',
    'Sign in with "condock login h.io"; a token is for one repository.',
    'The team/token-tools package, tokens=3, signatures: none',
    'https://h.io/a@b and me@h.io',
  ])('leaves alone: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('lets no text drive a terminal, and keeps its lines', () => {
    expect(redact('\u001b[31mred\u0007\r\n\tnext\u009b')).toBe('\\x1b[31mred\\x07\\x0d\n\tnext\\x9b');
  });
});
