import { asObject, asText, type JsonObject } from '../files/json.ts';
import { normalizeHost } from '../host-key.ts';
import type { Problems } from '../problems.ts';
import { makeSecret, type Secret } from '../secret.ts';

/** What rattler keeps under one host key: something for a registry, or why it is of no use to one. */
export type RattlerAuthentication = { secret: Secret } | { note: string; username?: string };

/**
 * One value of rattler's `credentials.json` or of its keychain entries: an object with one member that names the variant
 * (`BasicHTTP`, `BearerToken`, `CondaToken`, `S3Credentials`, `OAuth`). Undefined where it is none of them.
 */
export function readRattlerAuthentication(value: unknown): RattlerAuthentication | undefined {
  const object = asObject(value);
  if (object === undefined) return undefined;
  const bearer = asText(object.BearerToken);
  if (bearer !== undefined) return { secret: makeSecret('bearer', bearer, undefined) };
  if (typeof object.CondaToken === 'string') {
    return { note: 'A conda token goes into channel URLs; no registry takes it.' };
  }
  if (asObject(object.S3Credentials) !== undefined) return { note: 'S3 keys are of no use to a registry.' };
  const basic = asObject(object.BasicHTTP);
  const password = asText(basic?.password);
  if (password !== undefined) return { secret: makeSecret('basic', password, asText(basic?.username)) };
  const oauth = asObject(object.OAuth);
  return oauth === undefined ? undefined : readOauth(oauth);
}

/**
 * The access token as it is. Refreshing it is left to rattler: providers hand out a new refresh token each time, and taking
 * that one would log pixi out.
 */
function readOauth(oauth: JsonObject): RattlerAuthentication | undefined {
  const token = asText(oauth.access_token);
  if (token === undefined) return undefined;
  const expires = oauth.expires_at;
  const expiresAt = typeof expires === 'number' && Number.isFinite(expires) ? expires * 1000 : undefined;
  return { secret: { ...makeSecret('bearer', token, undefined), ...(expiresAt === undefined ? {} : { expiresAt }) } };
}

/** True where a secret has an end and it has come. @param now epoch milliseconds */
export function hasExpired(secret: Secret, now: number): boolean {
  return secret.expiresAt !== undefined && secret.expiresAt <= now;
}

/**
 * The first that a registry can take and that has not come to its end. One that has is told of, unless there is another: who is
 * refused for want of it should know.
 * @param where The place, for people.
 */
export function bestOf(
  found: readonly (RattlerAuthentication | undefined)[],
  { host, where, now, problems }: { host: string; where: string; now: number; problems: Problems },
): Secret | undefined {
  const secrets = found.flatMap((one) => (one !== undefined && 'secret' in one ? [one.secret] : []));
  const best = secrets.find((secret) => !hasExpired(secret, now));
  const place = `expired ${where} ${host}`;
  if (best !== undefined || secrets.length === 0) problems.clear(place);
  else {
    const sentence = `The token for ${host} has expired: run "pixi auth login" again.`;
    problems.set(place, sentence, { namedBy: where, host: normalizeHost(host) });
  }
  return best;
}

/**
 * The keys under which rattler would keep a host's secret, the best first: the host, then `*.<host>`, `*.<parent>` … up to the
 * last label. A key without a port stands for the default port: the format can name ports, so a secret goes to no other one.
 */
export function rattlerKeys(host: string): string[] {
  const lower = host.toLowerCase();
  const keys = [lower];
  const plain = lower.endsWith(':443') ? lower.slice(0, -':443'.length) : lower;
  if (plain !== lower) keys.push(plain);
  // Addresses have no parents, and a port makes it another origin.
  if (plain.includes(':') || /^[\d.]+$/.test(plain)) return keys;
  const labels = plain.split('.');
  return [...keys, ...labels.map((_, at) => `*.${labels.slice(at).join('.')}`)];
}
