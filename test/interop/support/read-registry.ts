/** What a registry says, asked without anything of Condock's. */

interface Manifest {
  layers: { mediaType: string; digest: string; size: number }[];
}

export interface ReadDocument<T> {
  /** Of the manifest. */
  digest: string | null;
  json: T;
}

/** The current copy of a metadata document of a channel (`oci://HOST/CHANNEL`), by its plain layer. Only anonymous http. */
export async function readDocumentOf<T>(channel: string, repository: string): Promise<ReadDocument<T>> {
  const base = `${channel.replace(/^oci:\/\/([^/]+)\//, 'http://$1/v2/')}/${repository}`;
  const answer = await fetch(`${base}/manifests/latest`, {
    headers: { Accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  if (!answer.ok) throw new Error(`${base}/manifests/latest: ${String(answer.status)}`);
  const manifest = (await answer.json()) as Manifest;
  const plain = manifest.layers.find((layer) => layer.mediaType.endsWith('+json'));
  if (plain === undefined) throw new Error(`${base} has no plain layer`);
  const blob = await fetch(`${base}/blobs/${plain.digest}`);
  return { digest: answer.headers.get('docker-content-digest'), json: (await blob.json()) as T };
}

/** Tags of one repository; none where it does not exist. */
export async function tagsOf(channel: string, repository: string): Promise<string[]> {
  const base = `${channel.replace(/^oci:\/\/([^/]+)\//, 'http://$1/v2/')}/${repository}`;
  const answer = await fetch(`${base}/tags/list`);
  if (answer.status === 404) return [];
  return ((await answer.json()) as { tags: string[] | null }).tags ?? [];
}
