import { domainToASCII } from 'node:url';
import { CondockError } from '@condock/protocol';

/** A URL in pieces: nothing secret, nothing empty, nothing that climbs. */
export interface Location {
  /** Lower case. */
  scheme: string;
  /** `host[:port]` without userinfo and default port, lower case; empty for `file`. */
  authority: string;
  /** As they stand in the URL, percent-encoding included; without empty ones and without a token. */
  segments: string[];
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', ftp: '21' };
const SCHEMES: readonly string[] = ['http', 'https', 'oci', 'file', 's3', 'gcs', 'ftp'];

/** An absolute path of this or another system: `/opt/channel`, `C:\channel`, `\\server\share`. */
export function isLocalPath(text: string): boolean {
  return /^(?:[/\\]|[A-Za-z]:[/\\])/.test(text);
}

/**
 * Takes a URL or an absolute path apart as text. Not with `URL`, which rewrites what it is given (dot segments,
 * backslashes, newlines): a name must never change on its way. Userinfo, `/t/<token>/`, query and fragment are dropped.
 * Throws `unsupported-source` for other schemes, `illegal-name` for segments that climb and for control characters.
 */
export function splitUrl(text: string): Location {
  if (/\p{Cc}/u.test(text)) throw refuse(text, 'it has a control character');
  if (isLocalPath(text)) return { scheme: 'file', authority: '', segments: pathSegments(text) };
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  if (match === null || scheme === undefined || !SCHEMES.includes(scheme)) {
    throw new CondockError('unsupported-source', `${JSON.stringify(text)} is no URL of a conda channel.`, {
      hint: `Conda channels have URLs of the schemes ${SCHEMES.join(', ')}.`,
    });
  }
  const path = match[3] ?? '';
  if (path.includes('\\')) throw refuse(text, 'it has a "\\"');
  const written = path.split('/').filter((segment) => segment !== '');
  // Elsewhere a folder may well be called "t".
  const segments = scheme.startsWith('http') ? withoutToken(written) : written;
  if (segments.some(climbs)) throw refuse(text, 'it has a segment "." or ".."');
  return { scheme, authority: authorityOf(scheme, match[2] ?? '', text), segments };
}

function pathSegments(path: string): string[] {
  const segments = path.split(/[/\\]+/).filter((segment) => segment !== '');
  if (segments.some((segment) => segment === '.' || segment === '..'))
    throw refuse(path, 'it has a segment "." or ".."');
  return segments.map((segment, at) =>
    at === 0 && /^[A-Za-z]:$/.test(segment)
      ? segment
      : encodeURIComponent(segment).replace(/%(?:21|2B|40|3A|3D|24|26|2C|3B)/g, decodeURIComponent),
  );
}

/** conda's token channels: `/t/<token>/` in front of the channel. */
function withoutToken(segments: string[]): string[] {
  const at = segments.indexOf('t');
  return at < 0 ? segments : [...segments.slice(0, at), ...segments.slice(at + 2)];
}

function climbs(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}

function authorityOf(scheme: string, text: string, url: string): string {
  const authority = text.slice(text.lastIndexOf('@') + 1).toLowerCase();
  if (scheme === 'file') {
    if (authority === '' || authority === 'localhost') return '';
    return authority;
  }
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([0-9]{0,5}))?$/.exec(authority);
  const host = match?.[1] === undefined ? '' : match[1].startsWith('[') ? match[1] : domainToASCII(match[1]);
  if (host === '') throw refuse(url, 'it has no host, or one that cannot be');
  const port = match?.[2] ?? '';
  return port === '' || port === DEFAULT_PORTS[scheme] ? host : `${host}:${port}`;
}

function refuse(text: string, rule: string): CondockError {
  return new CondockError('illegal-name', `${JSON.stringify(text)} is no location of a channel: ${rule}.`, {
    hint: 'Write the URL out, without "..".',
  });
}
