import { CondockError, redact } from '@condock/protocol';

/** The registry, and maybe the part of it, that a credential is filed under. */
export interface HostKey {
  /** With port, lower case; Docker Hub under `docker.io` whatever its alias. */
  host: string;
  /** Repository path on whole segments; undefined: the whole registry. */
  namespace?: string;
}

const DOCKER_HUB = 'docker.io';
const DOCKER_HUB_ALIASES = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);
/** How docker files its own registry, in config.json and towards its helpers. */
const DOCKER_HUB_SERVER = 'https://index.docker.io/v1/';

// Host names, IPv4, bracketed IPv6, each with an optional port.
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(:\d{1,5})?$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/** One spelling per registry: lower case, one name for Docker Hub. The port is part of the name. */
export function normalizeHost(host: string): string {
  const lower = host.toLowerCase();
  return DOCKER_HUB_ALIASES.has(lower) ? DOCKER_HUB : lower;
}

/**
 * Reads a key of docker's `config.json` or podman's `auth.json`: `host[:port]`, `host/name/space`, or the older
 * `https://host/`, `https://host/v1/`, `https://host/v2/`. Undefined for anything else: a key that is not understood
 * matches no registry. Docker Hub's `library/…` spellings are left as they are.
 */
export function parseHostKey(key: string): HostKey | undefined {
  const schemeless = key.replace(/^https?:\/\//i, '');
  const [rawHost = '', ...rest] = schemeless.split('/');
  const host = rawHost.toLowerCase();
  if (!HOST.test(host)) return undefined;
  const path = rest.join('/').replace(/\/+$/, '');
  const isApiPath = path === '' || (/^v[12]$/.test(path) && (schemeless !== key || DOCKER_HUB_ALIASES.has(host)));
  if (isApiPath) return { host: normalizeHost(host) };
  if (!path.split('/').every((segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..')) {
    return undefined;
  }
  return { host: normalizeHost(host), namespace: path };
}

/** The same for what a person wrote, `oci://` included. Throws `usage` where it names no registry. */
export function readHostKey(written: string): HostKey {
  const key = parseHostKey(written.replace(/^oci:\/\//i, ''));
  if (key !== undefined) return key;
  throw new CondockError('usage', `"${redact(written.slice(0, 100))}" does not name a registry.`, {
    hint: 'Write a host such as ghcr.io or 127.0.0.1:5000, maybe with a part of it: quay.io/team.',
  });
}

/** `host[/name/space]`: the inverse of `parseHostKey`, in today's spelling. */
export function formatHostKey({ host, namespace }: HostKey): string {
  return namespace === undefined ? host : `${host}/${namespace}`;
}

/**
 * How well a key fits a question, or undefined where it does not: the number of path segments that it names.
 * A question about a host as a whole is answered only by keys for the whole host (podman's auth.json, "most specific
 * wins", on whole segments).
 */
export function matchHostKey(key: HostKey, host: string, repository: string | undefined): number | undefined {
  if (key.host !== normalizeHost(host)) return undefined;
  if (key.namespace === undefined) return 0;
  if (repository === undefined) return undefined;
  return repository === key.namespace || repository.startsWith(`${key.namespace}/`)
    ? key.namespace.split('/').length
    : undefined;
}

/** The one of `keyed` that fits best; earlier ones win where two fit equally well. */
export function mostSpecific<T extends { key: HostKey }>(
  keyed: Iterable<T>,
  host: string,
  repository: string | undefined,
): T | undefined {
  let best: { item: T; fit: number } | undefined;
  for (const item of keyed) {
    const fit = matchHostKey(item.key, host, repository);
    if (fit !== undefined && (best === undefined || fit > best.fit)) best = { item, fit };
  }
  return best?.item;
}

/** What a docker credential helper is asked for. */
export function helperServer(host: string): string {
  const normal = normalizeHost(host);
  return normal === DOCKER_HUB ? DOCKER_HUB_SERVER : normal;
}
