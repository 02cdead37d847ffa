import { mirrorUrl } from './mirror-url.ts';
import type { Mirror } from './types.ts';

/** One place where the file behind a URL may be had. */
export interface MappedUrl {
  url: string;
  mirror: Mirror;
}

/**
 * Where the same file can be had, in the order in which to ask. Of the configured mirrors those with the longest prefix
 * count (on whole path segments, as in pixi), all of them where several tools name it; then the built-in ones, unless
 * Condock's own configuration is among them: who wrote that has said where to ask, and where not. An empty list of
 * targets with the longest prefix means nowhere. Last comes a URL that is an oci:// one itself. What is no URL of a
 * channel has no mirrors.
 */
export function mapUrl(url: string, mirrors: readonly Mirror[]): MappedUrl[] {
  const plain = plainUrl(url);
  if (plain === undefined) return [];
  const fitting = mirrors.filter(({ prefix }) => plain === prefix || plain.startsWith(`${prefix}/`));
  const configured = fitting.filter(({ scope }) => scope !== 'built-in');
  const longest = Math.max(0, ...configured.map(({ prefix }) => prefix.length));
  const chosen = configured.filter(({ prefix }) => prefix.length === longest);
  if (chosen.some(({ targets }) => targets.length === 0)) return [];
  const isSettled = chosen.some(({ scope }) => scope === 'condock');
  const mapped = new Map<string, MappedUrl>();
  for (const mirror of [...chosen, ...fitting.filter(({ scope }) => scope === 'built-in' && !isSettled)]) {
    for (const target of mirror.targets) {
      const place = `${target}${plain.slice(mirror.prefix.length)}`;
      if (!mapped.has(place)) mapped.set(place, { url: place, mirror });
    }
  }
  if (plain.startsWith('oci://') && !mapped.has(plain)) mapped.set(plain, { url: plain, mirror: itself(plain) });
  return [...mapped.values()];
}

function itself(url: string): Mirror {
  return { prefix: url, targets: [url], source: 'the URL itself', scope: 'built-in' };
}

function plainUrl(url: string): string | undefined {
  try {
    return mirrorUrl(url);
  } catch {
    return undefined;
  }
}
