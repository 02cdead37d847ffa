import { buffer } from 'node:stream/consumers';
import { openContentFiles, type ContentFiles } from './content-files.ts';
import { type ManifestFacts, readManifest } from './manifest-document.ts';
import type { ContentDigest } from './names.ts';
import { openRepositories, type Repositories } from './repositories.ts';
import { createSerial } from './serial.ts';

export interface ManifestPut {
  digest: ContentDigest;
  bytes: Uint8Array;
  facts: ManifestFacts;
  tags: readonly string[];
}

/**
 * What a registry keeps, with the order of writes that leaves it valid after kill -9 at any instruction: content before what
 * links it, referrers before their manifest, the manifest before its tags; removal goes the other way round.
 */
export interface RegistryStore {
  readonly content: Pick<ContentFiles, 'size' | 'open'>;
  readonly repositories: Omit<
    Repositories,
    | 'linkBlob'
    | 'unlinkBlob'
    | 'linkManifest'
    | 'unlinkManifest'
    | 'setTag'
    | 'removeTag'
    | 'addReferrer'
    | 'removeReferrer'
  >;
  /** Takes over a verified file and shows it in the repository. */
  addBlob(name: string, digest: ContentDigest, path: string): Promise<void>;
  /** True where the content was found (in `from`, or anywhere without it) and now shows in `name` too. */
  mountBlob(name: string, digest: ContentDigest, from: string | undefined): Promise<boolean>;
  removeBlob(name: string, digest: ContentDigest): Promise<boolean>;
  /**
   * Nothing is changed where content that the manifest names is missing, or where `allowed` says no; that is asked with the
   * digest behind the first tag just before the change, while no other change is under way.
   */
  putManifest(
    name: string,
    put: ManifestPut,
    allowed: (current: ContentDigest | undefined) => boolean,
  ): Promise<{ done: boolean; missing: ContentDigest[] }>;
  removeTag(name: string, tag: string): Promise<boolean>;
  /** With all its tags, and its entry in the list of referrers. */
  removeManifest(name: string, digest: ContentDigest): Promise<boolean>;
}

export async function openRegistryStore(root: string): Promise<RegistryStore> {
  const content = await openContentFiles(root);
  const repositories = openRepositories(root);
  const serial = createSerial();

  /** Bytes that no repository shows any more are removed; a reader that has them open reads on. */
  const removeUnlinked = async (digest: ContentDigest): Promise<void> => {
    for (const name of await repositories.list()) {
      if (await repositories.hasBlob(name, digest)) return;
      if ((await repositories.manifest(name, digest)) !== undefined) return;
    }
    await content.remove(digest);
  };

  return {
    content,
    repositories,
    addBlob: (name, digest, path) =>
      serial(async () => {
        await content.adopt(digest, path);
        await repositories.linkBlob(name, digest);
      }),
    mountBlob: (name, digest, from) =>
      serial(async () => {
        if (from !== undefined && !(await repositories.hasBlob(from, digest))) return false;
        if ((await content.size(digest)) === undefined) return false;
        await repositories.linkBlob(name, digest);
        return true;
      }),
    removeBlob: (name, digest) =>
      serial(async () => {
        if (!(await repositories.hasBlob(name, digest))) return false;
        await repositories.unlinkBlob(name, digest);
        await removeUnlinked(digest);
        return true;
      }),
    putManifest: (name, { digest, bytes, facts, tags }, allowed) =>
      serial(async () => {
        const [first] = tags;
        const missing: ContentDigest[] = [];
        for (const blob of facts.blobs) if (!(await repositories.hasBlob(name, blob))) missing.push(blob);
        for (const child of facts.manifests)
          if ((await repositories.manifest(name, child)) === undefined) missing.push(child);
        const current = first === undefined ? undefined : await repositories.tag(name, first);
        if (missing.length > 0 || !allowed(current)) return { done: false, missing };
        await content.put(digest, bytes);
        if (facts.subject !== undefined) {
          await repositories.addReferrer(name, facts.subject, {
            mediaType: facts.mediaType,
            digest: digest.text,
            size: bytes.length,
            ...(facts.artifactType === undefined ? {} : { artifactType: facts.artifactType }),
            ...(facts.annotations === undefined ? {} : { annotations: facts.annotations }),
          });
        }
        await repositories.linkManifest(name, digest, facts.mediaType);
        for (const tag of tags) await repositories.setTag(name, tag, digest);
        return { done: true, missing };
      }),
    removeTag: (name, tag) =>
      serial(async () => {
        if ((await repositories.tag(name, tag)) === undefined) return false;
        await repositories.removeTag(name, tag);
        return true;
      }),
    removeManifest: (name, digest) =>
      serial(async () => {
        const mediaType = await repositories.manifest(name, digest);
        if (mediaType === undefined) return false;
        const facts = readManifest(await buffer(content.open(digest)), mediaType);
        const subject = typeof facts === 'string' ? undefined : facts.subject;
        for (const tag of await repositories.tags(name)) {
          if ((await repositories.tag(name, tag))?.text === digest.text) await repositories.removeTag(name, tag);
        }
        await repositories.unlinkManifest(name, digest);
        if (subject !== undefined) await repositories.removeReferrer(name, subject, digest);
        await removeUnlinked(digest);
        return true;
      }),
  };
}
