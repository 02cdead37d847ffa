import { createHash } from 'node:crypto';

/** What is put into a registry without anything of Condock's. Only anonymous http. */
const baseOf = (channel: string, repository: string): string =>
  `${channel.replace(/^oci:\/\/([^/]+)\//, 'http://$1/v2/')}/${repository}`;

export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Uploads a blob of a channel's repository, and says what a manifest says of it. */
export async function putBlob(
  channel: string,
  repository: string,
  mediaType: string,
  bytes: Uint8Array | string,
): Promise<{ mediaType: string; digest: string; size: number }> {
  const base = baseOf(channel, repository);
  const digest = digestOf(bytes);
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const to = new URL(started.headers.get('location') ?? '', base);
  to.searchParams.set('digest', digest);
  const body = Buffer.from(bytes);
  const done = await fetch(to, { method: 'PUT', body, headers: { 'Content-Type': 'application/octet-stream' } });
  if (!done.ok) throw new Error(`${base}: ${String(done.status)} ${await done.text()}`);
  return { mediaType, digest, size: body.length };
}

export async function putManifest(channel: string, repository: string, tag: string, manifest: object): Promise<void> {
  const url = `${baseOf(channel, repository)}/manifests/${tag}`;
  const headers = { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' };
  const done = await fetch(url, { method: 'PUT', body: JSON.stringify(manifest), headers });
  if (!done.ok) throw new Error(`${url}: ${String(done.status)} ${await done.text()}`);
}

/** A metadata document of a channel as its current one, in its plain form alone. */
export async function putDocument(channel: string, repository: string, kind: string, json: object): Promise<void> {
  const config = await putBlob(channel, repository, 'application/vnd.unknown.config.v1+json', '{}');
  const layer = await putBlob(channel, repository, `application/vnd.conda.${kind}.v1+json`, JSON.stringify(json));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  await putManifest(channel, repository, 'latest', { schemaVersion: 2, mediaType, config, layers: [layer] });
}

/** The manifest of a tag, as it stands. */
export async function getManifest<T>(channel: string, repository: string, tag: string): Promise<T> {
  const url = `${baseOf(channel, repository)}/manifests/${tag}`;
  const answer = await fetch(url, { headers: { Accept: 'application/vnd.oci.image.manifest.v1+json' } });
  if (!answer.ok) throw new Error(`${url}: ${String(answer.status)}`);
  return (await answer.json()) as T;
}
